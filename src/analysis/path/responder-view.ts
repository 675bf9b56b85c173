import type { Address } from '../../wire/address.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import { isTranslation } from '../both-ends/translation.ts';
import { diffPackets } from '../packet-diff/packet-diff.ts';
import type { HopView } from './hop-view.ts';

/** A SYN as it left, and as the responder saw it arrive. */
export interface SynAtResponder {
  readonly address: Address;
  readonly synSent: Uint8Array;
  readonly synArrived: Uint8Array;
  /** Its answer in the words of port records; null without one. */
  readonly reply: string | null;
  readonly rttMs: number | null;
}

/**
 * The responder as the last hop, which quotes the whole packet. A remaining TTL that contradicts the known
 * hops was altered: it then counts as one hop behind them. Translation is left out: NATs undo it in quotes.
 */
export function viewFromResponder(seen: SynAtResponder, hops: readonly HopView[]): HopView {
  const [left, arrived] = [seen.synSent, seen.synArrived].map((packet) => packet[Ipv4Offset.TTL] as number) as [number, number];
  const diff = diffPackets(seen.synSent, seen.synArrived);
  const last = hops.at(-1)?.ttl ?? 0;
  return {
    ttl: Math.max(last + 1, left - arrived + 1),
    address: seen.address,
    rttMs: seen.rttMs === null ? [] : [seen.rttMs],
    sent: 1,
    answer: null,
    reply: seen.reply,
    quotedBytes: seen.synArrived.length,
    quotedTtl: null,
    diff: { ...diff, changes: diff.changes.filter((change) => !isTranslation(change)) },
    extensions: [],
  };
}
