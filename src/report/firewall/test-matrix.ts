import { BATTERY, FIRST_TESTS } from '../../probe/firewall/battery.ts';
import { formatMs } from '../../records/duration-text.ts';
import type { FirewallPortRecord, TestRecord } from '../../records/firewall/records.ts';
import { icmpTypeAndCode } from '../../wire/icmp.ts';
import type { Page } from '../text/page.ts';
import type { Paint, Role } from '../text/paint.ts';
import { wrapItems, wrapSentence } from '../text/wrap.ts';

const PORT_WIDTH = 6;

/** The first tests of each port: a row for each port where the columns suffice, else a list. */
export function matrixLines(records: readonly FirewallPortRecord[], page: Page): string[] {
  const { columns, paint } = page;
  const rows = records.map((record) => ({ port: record.port, cells: FIRST_TESTS.map((kind) => firstOf(record, kind)) }));
  const widths = FIRST_TESTS.map((kind, index) =>
    Math.max(BATTERY[kind].label.length, ...rows.map(({ cells }) => replyText(cells[index]).length)),
  );
  const tight = PORT_WIDTH + widths.reduce((sum, width) => sum + width + 1, 0);
  const legend = legendLines(records, page);
  if (tight > columns) return [...records.flatMap((record) => listLines(record, columns)), ...legend];
  const gap = tight + widths.length <= columns ? '  ' : ' ';
  const head = FIRST_TESTS.map((kind, index) => gap + BATTERY[kind].label.padEnd(widths[index] as number)).join('');
  const lines = rows.map(({ port, cells }) => {
    const texts = cells.map((test, index) => gap + painted(test, widths[index] as number, paint));
    return `${String(port).padStart(PORT_WIDTH)}${texts.join('')}`.trimEnd();
  });
  return [paint('heading', `${'PORT'.padStart(PORT_WIDTH)}${head}`.trimEnd()), ...lines, ...legend];
}

/** Every test of a port, one per line. */
export function testLines({ tests, target }: FirewallPortRecord, paint: Paint): string[] {
  const rows = tests.map((test) => ({ test, name: testName(test), reply: replyText(test), from: fromText(test, target) }));
  const nameWidth = Math.max(0, ...rows.map(({ name }) => name.length));
  const replyWidth = Math.max(0, ...rows.map(({ reply }) => reply.length));
  return rows.map(({ test, name, from }) =>
    `      ${name.padEnd(nameWidth)}  ${painted(test, replyWidth, paint)}  ${from}`.trimEnd(),
  );
}

/** Explains the cells where one of them is an ICMP error. */
function legendLines(records: readonly FirewallPortRecord[], { columns, paint }: Page): string[] {
  const hasIcmp = records.some((record) => FIRST_TESTS.some((kind) => /^\d+\/\d+$/.test(replyText(firstOf(record, kind)))));
  if (!hasIcmp) return [];
  const lines = wrapSentence(' '.repeat(PORT_WIDTH + 1), '-: no answer, 3/1: ICMP type and code', columns);
  return lines.map((line) => paint('faint', line));
}

function listLines(record: FirewallPortRecord, columns: number): string[] {
  const kinds = FIRST_TESTS.filter((kind) => firstOf(record, kind) !== undefined);
  const items = kinds.map((kind) => `${BATTERY[kind].label} ${replyText(firstOf(record, kind))}`);
  const [first = '', ...rest] = wrapItems(items, ', ', columns - PORT_WIDTH - 1);
  return [`${String(record.port).padStart(PORT_WIDTH)} ${first}`, ...rest.map((line) => ' '.repeat(PORT_WIDTH + 1) + line)];
}

function firstOf({ tests }: FirewallPortRecord, kind: TestRecord['probe']): TestRecord | undefined {
  return tests.find(({ probe, round }) => probe === kind && round === 1);
}

/** `-` for silence, empty for a test that was not run to its end; ICMP errors as type and code. */
function replyText(test: TestRecord | undefined): string {
  if (test === undefined) return '';
  if (test.reply === null) return '-';
  if (test.reply === 'icmp-ttl-exceeded') return 'expired';
  return icmpTypeAndCode(test.reply) ?? test.reply.replace('send-error:', '');
}

function painted(test: TestRecord | undefined, width: number, paint: Paint): string {
  const text = replyText(test);
  return paint(roleOf(test), text) + ' '.repeat(Math.max(0, width - text.length));
}

function roleOf(test: TestRecord | undefined): Role {
  const reply = test?.reply ?? null;
  if (reply === null || reply === 'icmp-ttl-exceeded') return 'faint';
  if (reply === 'syn-ack' || reply === 'syn') return 'open';
  return reply === 'rst' ? 'closed' : 'filtered';
}

function testName({ probe, sentTtl, option, round }: TestRecord): string {
  const which = sentTtl !== null ? ` ${sentTtl}` : option !== null ? ` ${option}` : '';
  return `${BATTERY[probe].label}${which}${round > 1 ? `, round ${round}` : ''}`;
}

function fromText({ reply, from, ttl, rttMs, attempts }: TestRecord, target: string): string {
  if (from === null || reply === null) return `${attempts} sent`;
  const rtt = rttMs === null ? '' : `, ${formatMs(rttMs)}`;
  return `${from === target ? '' : `from ${from}, `}TTL ${ttl ?? '?'}${rtt}`;
}
