import { formatMsRange } from '../../records/duration-text.ts';
import type { Paint } from '../text/paint.ts';
import { elsewhere } from './port-row.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import { missedRemark, type Remark, remarksOn } from '../remark.ts';
import { wrapSentence } from '../text/wrap.ts';

/** Beyond this many different answers, senders are no longer told apart. */
const MOST_SENDERS = 256;

/** The smallest and the largest of some numbers; `max` is below `min` while there are none. */
class Bounds {
  min: number = Infinity;
  max: number = -Infinity;

  include(low: number | null, high: number | null): void {
    if (low !== null && low < this.min) this.min = low;
    if (high !== null && high > this.max) this.max = high;
  }

  get empty(): boolean {
    return this.max < this.min;
  }
}

/** Ports that share state, reason, sender and findings: counts and bounds, and the records only while they are few. */
export class Fold {
  /** The first of them. */
  readonly sample: PortRecord;
  readonly from: string | null;
  readonly rtt: Bounds = new Bounds();
  readonly ttl: Bounds = new Bounds();
  count = 0;
  /** All of them while they are few enough to be listed, then null. */
  records: PortRecord[] | null = [];
  /** What they are called, while few enough to be named, then null. */
  labels: (string | number)[] | null = [];
  /** Why an expectation was missed while all say the same; else null. */
  why: string | null;

  constructor(sample: PortRecord, from: string | null) {
    this.sample = sample;
    this.from = from;
    this.why = sample.expectation?.why ?? null;
  }

  /** True for a port without findings that has the same key as these: cheaper than its key. */
  takes({ state, reason, findings, expectation }: PortRecord, from: string | null): boolean {
    const { sample } = this;
    if (state !== sample.state || reason !== sample.reason || from !== this.from) return false;
    if (findings.length > 0 || sample.findings.length > 0) return false;
    return (expectation?.met === false) === (sample.expectation?.met === false);
  }

  add(record: PortRecord, keep: number): void {
    this.count++;
    if (this.count > keep) this.records = null;
    this.records?.push(record);
    this.rtt.include(record.rttMs.min, record.rttMs.max);
    this.ttl.include(record.ttl, record.ttl);
    if (this.why !== null && this.why !== record.expectation?.why) this.why = null;
  }

  /** Names the port just added; more than `most` names are too many to show. */
  label(label: string | number, most: number): void {
    if (this.labels?.length === most) this.labels = null;
    else this.labels?.push(label);
  }
}

/** Folds by what their ports share. */
export class Folds {
  readonly #folds: Map<string, Fold> = new Map();
  readonly #keep: number;
  /** The one that was added to last: many ports in a row share everything. */
  #latest: Fold | null = null;

  /** A fold lists its records while there are at most `keep`. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Counts `record` in and returns its fold, for a label. */
  add(record: PortRecord): Fold {
    const from = this.#folds.size < MOST_SENDERS ? elsewhere(record) : null;
    const latest = this.#latest;
    const fold = latest !== null && latest.takes(record, from) ? latest : this.#fold(record, from);
    this.#latest = fold;
    fold.add(record, this.#keep);
    return fold;
  }

  #fold(record: PortRecord, from: string | null): Fold {
    const key = foldKey(record, from);
    const known = this.#folds.get(key);
    if (known !== undefined) return known;
    const fold = new Fold(record, from);
    this.#folds.set(key, fold);
    return fold;
  }

  /** Largest first. */
  all(): Fold[] {
    return [...this.#folds.values()].toSorted((a, b) => b.count - a.count);
  }
}

function foldKey(record: PortRecord, from: string | null): string {
  const findings = record.findings.map(({ code, option, direction, certainty }) => `${code} ${option} ${direction} ${certainty}`);
  return [record.state, record.reason, from, record.expectation?.met === false, ...findings].join('|');
}

/** `996 closed (rst), RTT 102-410 us, TTL 64: 1-21, 23`, wrapped; the ports only while they are few. */
export function foldLines(
  fold: Fold,
  { columns, paint, countWidth }: { readonly columns: number; readonly paint: Paint; readonly countWidth: number },
): string[] {
  const { sample, from, rtt, ttl, labels } = fold;
  const count = String(fold.count).padStart(countWidth);
  const head = `${count} ${sample.state}`;
  const facts = [
    `${sample.state} (${sample.reason})${from === null ? '' : ` from ${from}`}`,
    rtt.empty ? '' : `RTT ${formatMsRange(rtt.min, rtt.max)}`,
    ttl.empty ? '' : `TTL ${ttl.min === ttl.max ? ttl.min : `${ttl.min}-${ttl.max}`}`,
  ].filter((fact) => fact !== '');
  const listed = labels === null ? '' : `: ${formatLabels(labels)}`;
  const [first = '', ...rest] = wrapSentence(`${count} `, facts.join(', ') + listed, columns);
  return [paint(sample.state, first.slice(0, head.length)) + first.slice(head.length), ...rest];
}

/** What is to be said below the line of a fold: its findings in the words of the first. */
export function foldRemarks(fold: Fold): readonly Remark[] {
  const missed = fold.sample.expectation?.met === false ? [missedRemark(fold.why ?? 'not as expected, each in its own way')] : [];
  return [...missed, ...remarksOn({ ...fold.sample, expectation: null })];
}

/** Numbers as ascending ranges, texts as they came. */
function formatLabels(labels: readonly (string | number)[]): string {
  const numbers = labels.filter((label) => typeof label === 'number').toSorted((a, b) => a - b);
  if (numbers.length < labels.length) return labels.join(', ');
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run.last + 1 === number) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
