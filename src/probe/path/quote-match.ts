import type { Quote } from '../../wire/decoded.ts';
import { findOption } from '../../wire/tcp-options.ts';
import type { PathProbe } from './path-probe.ts';
import type { Flow } from '../craft/syn-maker.ts';

/** Whose packet an ICMP error quotes. */
export interface QuoteMatch {
  /** Null where it is one of the flow's and nothing in the quote says which. */
  readonly probe: PathProbe | null;
}

/**
 * The probe of `flow` that is quoted; null for a packet of somebody else's. A path may have rewritten anything: the sequence number, or TSval, or the IP ID on our ports
 * must be ours, 32 bits that nobody else knows in either case.
 */
export function matchQuote(
  quote: Quote,
  { flow, isn, probes }: { readonly flow: Flow; readonly isn: number; readonly probes: readonly PathProbe[] },
): QuoteMatch | null {
  const tsval = findOption(quote.tcp?.options ?? [], 'ts')?.value;
  const byTsval = probes.find((probe) => probe.tsval !== null && probe.tsval === tsval);
  const byId = probes.find((probe) => probe.ipId === quote.ip.id);
  const isOurs = quote.seq === isn || byTsval !== undefined || (byId !== undefined && isOnTuple(quote, flow));
  return isOurs ? { probe: byTsval ?? byId ?? null } : null;
}

function isOnTuple({ ip, sourcePort, destinationPort }: Quote, flow: Flow): boolean {
  const isBetween = ip.source === flow.source && ip.destination === flow.target;
  return isBetween && sourcePort === flow.sourcePort && destinationPort === flow.port;
}
