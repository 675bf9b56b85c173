import type { HopRecord, PathChange, PathRecord } from '../../records/path/records.ts';
import type { Page } from '../text/page.ts';
import { wrapItems, wrapSentence } from '../text/wrap.ts';

/** A path with its hops, and the address where it starts. */
export interface TracedPath {
  readonly path: PathRecord;
  readonly hops: readonly HopRecord[];
  readonly source: string;
}

/** Indent of what stands below the table of hops. */
export const INDENT = '  ';
const LINK = '--';
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/**
 * A line of hops with a letter where each change was made, and below it the changes in words; empty without.
 *
 *     10.0.0.1 --(1)--[a]--(2)--(*)--(4)--> 10.0.4.2:443
 */
export function picture({ path, hops, source }: TracedPath, page: Page): string[] {
  const { changes } = path;
  if (changes.length === 0) return [];
  const ttls = [...new Set(hops.map(({ ttl }) => ttl))];
  const steps = ttls.flatMap((ttl) => {
    const letters = changes.flatMap((change, index) => (change.atTtl === ttl ? [letter(index)] : []));
    const isSilent = hops.every((hop) => hop.ttl !== ttl || hop.address === null);
    return [...(letters.length === 0 ? [] : [`[${letters.join('')}]`]), `(${isSilent ? '*' : ttl})`];
  });
  const end = `${path.state === 'open' || path.state === 'closed' ? '>' : 'x'} ${path.target}:${path.port}`;
  const drawn = wrapItems([`${source} `, ...[...steps, end].map((step) => LINK + step)], '', page.columns - 2 * INDENT.length);
  const marked = (text: string): string => text.replaceAll(/\[[a-z+]+\]/g, (mark) => page.paint('finding', mark));
  return [
    '',
    ...drawn.map((line, index) => INDENT + (index === 0 ? '' : INDENT) + marked(line)),
    ...changes.flatMap((change, index) => legend(path, change, `[${letter(index)}]`, page)),
  ];
}

function legend({ findings }: PathRecord, change: PathChange, mark: string, { columns, paint }: Page): string[] {
  const finding = findings.find(({ detail }) => detail === change.detail);
  const text = `${finding === undefined ? '' : `${finding.code}: `}${change.detail}`;
  const [first = '', ...rest] = wrapSentence(`${INDENT}${mark} `, text, columns);
  return [INDENT + paint('finding', mark) + first.slice(INDENT.length + mark.length), ...rest];
}

function letter(index: number): string {
  return LETTERS[index] ?? '+';
}
