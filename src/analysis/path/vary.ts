import type { TraceResult } from '../../probe/path/path-probe.ts';
import { formatAddress } from '../../wire/address.ts';
import { type Finding, type FindingCode, finding } from '../finding.ts';
import { viewHops } from './hop-view.ts';

/** One form of the SYN with which a path is tried. */
export interface Variant {
  /** `as asked`, `bare`, `as asked again`, `without ts`. */
  readonly name: string;
  /** An option list in tcpdump's words. */
  readonly options: string;
  readonly ecn: boolean;
  readonly payload: boolean;
}

/** One variant, and the trace with it. */
export interface VariantResult {
  readonly variant: Variant;
  readonly result: TraceResult;
}

/** The tries of one path in order: as asked first. */
export type VariantResults = readonly [VariantResult, ...VariantResult[]];

const BARE = 'bare';
const AGAIN = 'as asked again';

/** The first variant. */
export function asAsked(options: string, { ecn, payload }: Pick<Variant, 'ecn' | 'payload'>): Variant {
  return { name: 'as asked', options, ecn, payload };
}

/** `variant` without options, ECN and payload. */
export function bareVariant(variant: Variant): Variant {
  return { ...variant, name: BARE, options: 'none', ecn: false, payload: false };
}

/**
 * Empty when enough is known. First a bare SYN; if it fares differently, the first variant again (A/B/A,
 * against loss); if that fares as before, the first variant without each of its parts.
 */
export function nextVariants(results: VariantResults): readonly Variant[] {
  const [first] = results;
  if (results.length === 1) return [bareVariant(first.variant)];
  if (results.length === 2) return differs(results) ? [{ ...first.variant, name: AGAIN }] : [];
  return results.length === 3 && isConfirmed(results) ? withoutEach(first.variant) : [];
}

/** Parts of a SYN that are not options. */
const OTHER_PARTS: Readonly<Record<string, FindingCode>> = { ecn: 'ecn-blocked', payload: 'payload-blocked' };

/** What the tries show together: the part of the SYN that makes the difference, and where. */
export function variantFindings(results: VariantResults): readonly Finding[] {
  if (!isConfirmed(results)) return [];
  const [first, bare, , ...partial] = results;
  if (bare === undefined) return [];
  const isWorse = rank(first.result) < rank(bare.result);
  if (!isWorse) return [{ ...blamed(null, bare, first), code: 'bare-syn-blocked' }];
  const cures = partial.filter(({ result }) => fate(result) === fate(bare.result));
  if (cures.length === 0) return [blamed(null, first, bare)];
  const parts = cures.map(({ variant }) => variant.name.replace('without ', ''));
  return cures.map((cure, index) => {
    const one = blamed(parts[index] as string, first, cure);
    // Each of them is harmless once another is gone.
    return parts.length === 1 ? one : { ...one, detail: `${one.detail} It takes ${parts.join(' and ')} together.` };
  });
}

function withoutEach(asked: Variant): readonly Variant[] {
  const items = asked.options.split(',').map((item) => item.trim());
  const words = [...new Set(items.map(wordOf))].filter((word) => !['nop', 'eol', 'none'].includes(word));
  return [
    ...words.map((word) => {
      const left = items.filter((item) => wordOf(item) !== word);
      return { ...asked, name: `without ${word}`, options: left.length === 0 ? 'none' : left.join(',') };
    }),
    ...(asked.ecn ? [{ ...asked, name: 'without ecn', ecn: false }] : []),
    ...(asked.payload ? [{ ...asked, name: 'without payload', payload: false }] : []),
  ];
}

function wordOf(item: string): string {
  return item.replace(/=.*/s, '').trimEnd();
}

function differs([first, second]: VariantResults): boolean {
  return second !== undefined && fate(first.result) !== fate(second.result);
}

/** A/B/A: the first and the third fared alike, the second did not. */
function isConfirmed(results: VariantResults): boolean {
  const [first, , third] = results;
  return differs(results) && third !== undefined && fate(first.result) === fate(third.result);
}

function fate({ final, control }: TraceResult): string {
  return final === null ? 'silence' : `${final.kind} ${final.reason} ${isNearer(control)}`;
}

/** A device nearer than the host answered in its name. */
function isNearer(control: TraceResult['control']): boolean {
  return control !== null && control.expired.length > 0;
}

/** From silence over a device's rejection and the host's reset to a SYN-ACK. */
function rank({ final, control }: TraceResult): number {
  if (final === null) return 0;
  if (final.kind !== 'tcp') return 1;
  if (final.reason !== 'rst') return 3;
  return isNearer(control) ? 1 : 2;
}

/** Names the part of the SYN that is to blame; null for its options together. */
function blamed(part: string | null, blocked: VariantResult, passed: VariantResult): Finding {
  const what = part ?? `options ${blocked.variant.options}`;
  const otherwise = part === null ? `those with options ${passed.variant.options}` : 'those without it';
  const detail = `SYNs with ${what} ${fateText(blocked.result)}, ${otherwise} ${fateText(passed.result)}; tried with, without and with again.`;
  const code = OTHER_PARTS[part ?? ''];
  const values = {
    option: code === undefined ? part : null,
    direction: 'forward',
    sent: part ?? blocked.variant.options,
  } as const;
  return finding(code ?? 'option-blocked', 'likely', detail, values);
}

function fateText(result: TraceResult): string {
  const { final } = result;
  const last = viewHops(result).findLast(({ answer }) => answer !== null && answer.kind === 'expired');
  const place =
    last?.address === undefined || last.address === null ? 'at once' : `behind ${formatAddress(last.address)} (hop ${last.ttl})`;
  if (final === null) return `vanish ${place}`;
  return final.kind === 'tcp'
    ? `are answered by ${final.reason} ${place}`
    : `are refused (${final.reason}) by ${formatAddress(final.from)}`;
}
