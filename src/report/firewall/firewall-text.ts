import { serviceName } from '../../probe/targets/service-names.ts';
import { formatElapsed } from '../../records/duration-text.ts';
import { createPaint, type Paint, type Role } from '../text/paint.ts';
import type { RunRecord, SummaryRecord } from '../../records/records.ts';
import { remarkLines, remarksOn } from '../remark.ts';
import type { Reporter, TextStyle } from '../reporter.ts';
import { plural } from '../summary-text.ts';
import { wrapSentence } from '../text/wrap.ts';
import type { FirewallPortRecord, FirewallRecord } from '../../records/firewall/records.ts';
import { matrixLines, testLines } from './test-matrix.ts';

/** Columns of text that is not for a terminal. */
const PIPED_COLUMNS = 100;
const PORT_WIDTH = 6;
const GAP = '  ';
/** Where a verdict begins that stands below its port. */
const NARROW_INDENT = 8;

/** For people: the verdict of each port as a sentence, then its tests. A target is written when all its ports are known. */
export function createFirewallReporter(style: TextStyle): Reporter<FirewallRecord> {
  const report = new FirewallText(style);
  return { write: (record) => report.write(record) };
}

class FirewallText {
  readonly #style: TextStyle;
  readonly #paint: Paint;
  readonly #columns: number;
  #run: RunRecord | null = null;
  #ports: FirewallPortRecord[] = [];
  #written = false;
  #labelWidth = 0;

  constructor(style: TextStyle) {
    this.#style = style;
    this.#paint = createPaint(style.color);
    this.#columns = style.columns === Infinity ? PIPED_COLUMNS : style.columns;
  }

  write(record: FirewallRecord): string {
    if (record.type === 'run') {
      this.#run = record;
      return '';
    }
    if (record.type === 'summary') return this.#text([...this.#block(), ...this.#summary(record)]);
    const done = this.#ports[0] === undefined || this.#ports[0].target === record.target ? [] : this.#block();
    this.#ports.push(record);
    return this.#text(this.#ports.length === this.#run?.probe.ports ? [...done, ...this.#block()] : done);
  }

  #block(): string[] {
    const ports = this.#ports;
    this.#ports = [];
    const [first] = ports;
    if (first === undefined) return [];
    this.#labelWidth = Math.max(...ports.map(({ port }) => PORT_WIDTH + (serviceName(port)?.length ?? -1) + 1));
    const gap = this.#written ? [''] : [];
    this.#written = true;
    const said = new Set<string>();
    const tests = this.#style.verbose ? [] : ['', ...matrixLines(ports, this.#columns, this.#paint)];
    return [...gap, ...this.#head(first, ports), ...ports.flatMap((port) => this.#portLines(port, said)), ...tests];
  }

  #head({ target, hostname }: FirewallPortRecord, ports: readonly FirewallPortRecord[]): string[] {
    const counts = new Map<string, number>();
    for (const { policy } of ports) counts.set(policy, (counts.get(policy) ?? 0) + 1);
    const name = hostname === null ? target : `${target} (${hostname})`;
    const text = `${name}: ${[...counts].map(([policy, count]) => `${count} ${policy}`).join(', ')}`;
    return wrapSentence('', text, this.#columns).map((line) => this.#paint('heading', line));
  }

  #portLines(record: FirewallPortRecord, said: Set<string>): string[] {
    const service = serviceName(record.port);
    const label = `${String(record.port).padStart(6)}${service === null ? '' : ` ${service}`}`;
    const role = roleOf(record.policy);
    const hanging = label.padEnd(this.#labelWidth) + GAP;
    const isNarrow = hanging.length * 3 > this.#columns;
    const lead = isNarrow ? ' '.repeat(NARROW_INDENT) : hanging;
    const lines = wrapSentence(lead, record.verdict, this.#columns);
    const painted = lines.map((line) => line.slice(0, lead.length) + this.#paint(role, line.slice(lead.length)));
    const sentence = isNarrow ? [label, ...painted] : painted;
    const style = { columns: this.#columns, paint: this.#paint, said };
    const tests = this.#style.verbose ? testLines(record, this.#paint) : [];
    return [...sentence, ...remarkLines(remarksOn(record), style), ...tests];
  }

  #summary(summary: SummaryRecord): string[] {
    const facts = [
      `${plural(summary.targets, 'target')}, ${plural(summary.ports, 'port')}${summary.targets > 1 ? ' each' : ''}`,
      `${plural(summary.probesSent, 'packet')} sent in ${formatElapsed(summary.durationMs)}`,
      `clock: ${this.#run?.clock ?? 'unknown'}`,
      ...this.#unjudged(summary),
      ...(summary.repliesRejected > 0 ? [`${plural(summary.repliesRejected, 'reply')} not believed`] : []),
    ];
    const text = `${summary.interrupted ? 'interrupted: ' : ''}${facts.join(', ')}`;
    const role = summary.interrupted ? 'error' : 'faint';
    return [...(this.#written ? [''] : []), ...wrapSentence('', text, this.#columns).map((line) => this.#paint(role, line))];
  }

  #unjudged({ interrupted, targets, ports, open, closed, filtered, error }: SummaryRecord): readonly string[] {
    const left = targets * ports - open - closed - filtered - error;
    return interrupted && left > 0 ? [`${plural(left, 'port')} not judged`] : [];
  }

  #text(lines: readonly string[]): string {
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }
}

/** Policies in the colours of the states that they amount to. */
function roleOf(policy: FirewallPortRecord['policy']): Role {
  if (policy === 'open' || policy === 'error' || policy === 'closed') return policy;
  return policy === 'reject-rst' ? 'closed' : 'filtered';
}
