import { formatMsRange } from '../../records/duration-text.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import { remarkLines, remarksOn } from '../remark.ts';
import { joinFacts, type Page, portRanges } from '../text/page.ts';
import { wrapSentence } from '../text/wrap.ts';
import { otherSender } from './port-row.ts';

/** With more folds than this, senders are no longer told apart. */
const MOST_SENDERS = 256;

/** The smallest and the largest of some numbers; `max` is less than `min` while there are none. */
class Bounds {
  min: number = Infinity;
  max: number = -Infinity;

  include(low: number | null, high: number | null): void {
    if (low !== null && low < this.min) this.min = low;
    if (high !== null && high > this.max) this.max = high;
  }
}

/** Ports that share state, reason, sender and findings: number, bounds, and the records while few. */
export class Fold {
  /** The first of them. */
  readonly sample: PortRecord;
  readonly from: string | null;
  readonly rtt: Bounds = new Bounds();
  readonly ttl: Bounds = new Bounds();
  count = 0;
  /** All of them while few enough to be listed, else null. */
  records: PortRecord[] | null = [];
  /** Their names while few enough to be shown, else null. */
  labels: (string | number)[] | null = [];
  /** Why an expectation was missed, while it is the same for all; else null. */
  why: string | null;

  constructor(sample: PortRecord, from: string | null) {
    this.sample = sample;
    this.from = from;
    this.why = sample.expectation?.why ?? null;
  }

  /** True for a port without findings whose key would be the same: cheaper than making the key. */
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

  /** Names the port just added; more than `most` names are not shown. */
  label(label: string | number, most: number): void {
    if (this.labels?.length === most) this.labels = null;
    else this.labels?.push(label);
  }
}

/** All folds, by what their ports share. */
export class Folds {
  readonly #folds: Map<string, Fold> = new Map();
  readonly #keep: number;
  /** The fold that was added to last: many ports in a row share everything. */
  #latest: Fold | null = null;

  /** A fold keeps its records while there are at most `keep`. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Adds `record` and returns its fold, for a label. */
  add(record: PortRecord): Fold {
    const from = this.#folds.size < MOST_SENDERS ? otherSender(record) : null;
    const fold = this.#latest?.takes(record, from) === true ? this.#latest : this.#fold(record, from);
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

/**
 * `996 closed (rst), RTT 102-410 us, TTL 64: 1-21, 23`, ports only while few, with remarks below in the words
 * of its first port. The count is flush right.
 */
export function foldLines(fold: Fold, countWidth: number, page: Page): string[] {
  const { columns, paint } = page;
  const { sample, from, rtt, ttl, labels, why } = fold;
  const count = String(fold.count).padStart(countWidth);
  const head = `${count} ${sample.state}`;
  const facts = joinFacts([
    `${sample.state} (${sample.reason})${from === null ? '' : ` from ${from}`}`,
    rtt.max < rtt.min ? '' : `RTT ${formatMsRange(rtt.min, rtt.max)}`,
    ttl.max < ttl.min ? '' : `TTL ${ttl.min === ttl.max ? ttl.min : `${ttl.min}-${ttl.max}`}`,
  ]);
  const listed = labels === null ? '' : `: ${formatLabels(labels)}`;
  const [first = '', ...rest] = wrapSentence(`${count} `, facts + listed, columns);
  const expectation = sample.expectation && { ...sample.expectation, why: why ?? 'not as expected, for different reasons' };
  const remarks = remarkLines(remarksOn({ ...sample, expectation }), page);
  return [paint(sample.state, first.slice(0, head.length)) + first.slice(head.length), ...rest, ...remarks];
}

/** Numbers as ascending ranges, texts unchanged. */
function formatLabels(labels: readonly (string | number)[]): string {
  const numbers = labels.filter((label) => typeof label === 'number').toSorted((a, b) => a - b);
  if (numbers.length < labels.length) return labels.join(', ');
  return portRanges(numbers).join(', ');
}
