import type { Expectation, Finding, ResponderRecord } from '../records/records.ts';
import { responderRemarks } from './responder-remarks.ts';
import type { Paint } from './text/paint.ts';
import { wrapSentence } from './text/wrap.ts';

/** A line below a port: something found, an expectation that was missed, or what the responder saw. */
export interface Remark {
  readonly role: 'finding' | 'missed' | 'faint';
  /** What it is, in a few words. */
  readonly head: string;
  /** Why, and how sure; may be empty. */
  readonly detail: string;
}

const INDENT = '      ';

/** What a record of a port has to say besides its verdict. */
interface Remarkable {
  readonly findings: readonly Finding[];
  readonly expectation: Expectation | null;
  readonly responder?: ResponderRecord;
}

/** What is to be said of a port below its line. */
export function remarksOn(record: Remarkable): readonly Remark[] {
  const missed = record.expectation?.met === false ? [missedRemark(record.expectation.why ?? 'expectation missed')] : [];
  const responder = record.responder === undefined ? [] : responderRemarks(record.responder);
  return [...missed, ...record.findings.map(findingRemark), ...responder];
}

/** An expectation that was missed. */
export function missedRemark(why: string): Remark {
  return { role: 'missed', head: `x ${why}`, detail: '' };
}

/** A finding as a line. */
export function findingRemark({ code, option, certainty, direction, detail }: Finding): Remark {
  const subject = option === null || code.startsWith(option) ? '' : ` ${option}`;
  const way = direction === 'unknown' ? '' : `, ${direction}`;
  return { role: 'finding', head: `! ${code}${subject} (${certainty}${way})`, detail };
}

/** Lines of remarks. What was said in full before, in `said`, is only named again. */
export function remarkLines(
  remarks: readonly Remark[],
  { columns, paint, said }: { readonly columns: number; readonly paint: Paint; readonly said: Set<string> },
): string[] {
  return remarks.flatMap(({ role, head, detail }) => {
    const isNew = detail !== '' && !said.has(head + detail);
    if (isNew) said.add(head + detail);
    const [mark = '', ...words] = head.split(' ');
    const text = `${words.join(' ')}${detail === '' ? '' : isNew ? `: ${detail}` : ': see above'}`;
    const [first = '', ...rest] = wrapSentence(`${INDENT}${mark} `, text, columns);
    const end = INDENT.length + head.length;
    return [INDENT + paint(role, first.slice(INDENT.length, end)) + first.slice(end), ...rest];
  });
}
