import type { Paint } from '../text/paint.ts';
import { wrapItems, wrapSentence } from '../text/wrap.ts';
import type { Finding } from '../../records/records.ts';
import type { HopRecord, PathChange, PathRecord } from '../../records/path/records.ts';

/** What is drawn. */
interface Subject {
  readonly path: PathRecord;
  readonly hops: readonly HopRecord[];
  /** Where the path starts. */
  readonly source: string;
}

/** How. */
interface DrawStyle {
  readonly columns: number;
  readonly paint: Paint;
  readonly indent: string;
}

const LINK = '--';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/**
 * The path as a line of hops, with a letter where each alteration was made, and the alterations in words below; nothing where none was made.
 *
 *     10.0.0.1 --(1)--[a]--(2)--(*)--(4)--> 10.0.4.2:443 open
 */
export function picture({ path, hops, source }: Subject, { columns, paint, indent }: DrawStyle): string[] {
  const { changes } = path;
  if (changes.length === 0) return [];
  const ttls = [...new Set(hops.map(({ ttl }) => ttl))];
  const steps = ttls.flatMap((ttl) => {
    const letters = changes.flatMap((change, index) => (change.atTtl === ttl ? [letter(index)] : []));
    const isSilent = hops.every((hop) => hop.ttl !== ttl || hop.address === null);
    return [...(letters.length === 0 ? [] : [`[${letters.join('')}]`]), `(${isSilent ? '*' : ttl})`];
  });
  const end = `${path.state === 'open' || path.state === 'closed' ? '>' : 'x'} ${path.target}:${path.port}`;
  const drawn = wrapItems([`${source} `, ...[...steps, end].map((step) => LINK + step)], '', columns - 2 * indent.length);
  const marked = (text: string): string => text.replaceAll(/\[[a-z+]+\]/g, (mark) => paint('finding', mark));
  return [
    '',
    ...drawn.map((line, index) => indent + (index === 0 ? '' : indent) + marked(line)),
    ...changes.flatMap((change, index) => legend(change, letter(index), { path, columns, paint, indent })),
  ];
}

function legend(
  change: PathChange,
  mark: string,
  { path, columns, paint, indent }: DrawStyle & { readonly path: PathRecord },
): string[] {
  const finding = path.findings.find(({ detail }) => detail === change.detail);
  const lead = `${indent}[${mark}] `;
  const text = `${codeText(finding)}${change.detail}`;
  const [first = '', ...rest] = wrapSentence(lead, text, columns);
  return [indent + paint('finding', `[${mark}]`) + first.slice(lead.length - 1), ...rest];
}

function codeText(finding: Finding | undefined): string {
  return finding === undefined ? '' : `${finding.code}: `;
}

function letter(index: number): string {
  return LETTERS[index] ?? '+';
}
