import type { TraceResult } from '../../probe/path/path-probe.ts';
import { formatAddress } from '../../wire/address.ts';
import { optionField } from '../packet-diff/change.ts';
import { viewHops } from '../path/hop-view.ts';
import { placeChanges } from '../path/place-changes.ts';

/** What routers on the forward path quote of a SYN. */
export interface QuoteEvidence {
  /** The MSS that it left with. */
  readonly sent: number;
  /** The MSS in the farthest quote that shows it; null where it was gone. */
  readonly seen: number | null;
  /** Last hop that quoted it unchanged and first that did not, null where silent; null without a change. */
  readonly between: readonly [string | null, string | null] | null;
  /** The farthest router whose quote shows the option, or its absence. */
  readonly farthest: string;
}

const MSS = optionField('mss');

/** Reads a trace whose SYNs offer `sent`; null when no quote is long enough to show options. */
export function quoteEvidence(result: TraceResult, sent: number): QuoteEvidence | null {
  const hops = viewHops(result);
  const last = hops.findLast(({ diff }) => diff !== null && (diff.shows(MSS) || diff.changes.some(({ field }) => field === MSS)));
  if (last === undefined || last.address === null) return null;
  const farthest = formatAddress(last.address);
  const change = placeChanges(hops, result.source).findLast(({ field }) => field === MSS);
  if (change === undefined || typeof change.seen === 'boolean') return { sent, seen: sent, between: null, farthest };
  const [before, after] = change.between.map((address) => (address === null ? null : formatAddress(address)));
  return { sent, seen: typeof change.seen === 'number' ? change.seen : null, between: [before ?? null, after ?? null], farthest };
}
