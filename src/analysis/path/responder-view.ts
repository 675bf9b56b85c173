import type { Address } from '../../wire/address.ts';
import { Ipv4Offset } from '../../wire/ipv4.ts';
import { isTranslation } from '../both-ends/translation.ts';
import { diffPackets } from '../packet-diff/packet-diff.ts';
import type { HopView } from './hop-view.ts';

/** A SYN as it left, and as a responder saw it arrive. */
export interface SynAtResponder {
  readonly address: Address;
  readonly synSent: Uint8Array;
  readonly synArrived: Uint8Array;
  /** What came back for it, in the words of port records; null when nothing did. */
  readonly reply: string | null;
  readonly rttMs: number | null;
}

/**
 * The end of a path as the last of its hops: it quotes the whole packet, as it were, and by what is left of its TTL says how far it is. A TTL that makes no sense
 * behind the hops that are known was tampered with: then the end is one hop behind them. Translated addresses and ports are left out: quotes are translated back on
 * their way home, so that where they were altered does not show.
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
