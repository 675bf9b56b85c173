import type { PathAnswer, TraceResult } from '../../probe/path/path-probe.ts';
import type { Address } from '../../wire/address.ts';
import type { IcmpExtensionObject } from '../../wire/decoded.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import type { PacketDiff } from '../packet-diff/change.ts';
import { diffPackets } from '../packet-diff/packet-diff.ts';

/** A sender that answered at one TTL, and what its quotes show of the packet; or a silent TTL. */
export interface HopView {
  readonly ttl: number;
  readonly address: Address | null;
  /** In milliseconds, in the order of arrival. */
  readonly rttMs: readonly number[];
  /** Probes that left with that TTL. */
  readonly sent: number;
  /** The first answer; null when silent. */
  readonly answer: PathAnswer | null;
  /** The first answer in the words of port records; null without one. */
  readonly reply: string | null;
  /** Bytes of the longest quote, without link padding and extensions; 0 without one. */
  readonly quotedBytes: number;
  /** TTL of the quoted packet; null without a quote. */
  readonly quotedTtl: number | null;
  /** What the longest quote shows; null without one. */
  readonly diff: PacketDiff | null;
  readonly extensions: readonly IcmpExtensionObject[];
}

/** The hops of a trace in the order of TTL, up to the last that answered, without this host's own errors. */
export function viewHops({ hops }: Pick<TraceResult, 'hops'>): readonly HopView[] {
  const remote = hops.map((hop) => ({ ...hop, answers: hop.answers.filter(({ kind }) => kind !== 'local') }));
  const last = remote.findLastIndex(({ answers }) => answers.length > 0);
  return remote.slice(0, last + 1).flatMap(({ ttl, sent, answers }) => {
    const senders = [...new Set(answers.map(({ from }) => from))];
    if (senders.length === 0) return [silent(ttl, sent)];
    return senders.map((address) => {
      const theirs = answers.filter(({ from }) => from === address);
      return viewOf({ ttl, sent }, theirs[0] as PathAnswer, theirs);
    });
  });
}

/** What is known of a TTL or sender without a quote. */
const NO_QUOTE = { quotedBytes: 0, quotedTtl: null, diff: null, extensions: [] } as const;

function silent(ttl: number, sent: number): HopView {
  return { ttl, sent, address: null, rttMs: [], answer: null, reply: null, ...NO_QUOTE };
}

function viewOf(hop: Pick<HopView, 'ttl' | 'sent'>, first: PathAnswer, answers: readonly PathAnswer[]): HopView {
  const best = answers.reduce<PathAnswer>((one, other) => (quoteOf(other).length > quoteOf(one).length ? other : one), first);
  const quoted = quoteOf(best);
  return {
    ...hop,
    address: first.from,
    rttMs: answers.map(({ at, probe }) => (at - (probe.posted.sentAt ?? at)) / NANOS_PER_MS),
    answer: first,
    reply: first.reason,
    quotedBytes: quoted.length,
    quotedTtl: best.packet.icmp?.quote?.ip.ttl ?? null,
    diff: quoted.length === 0 ? null : diffPackets(best.probe.posted.bytes, quoted),
    extensions: best.packet.icmp?.extensions ?? [],
  };
}

function quoteOf({ packet }: PathAnswer): Uint8Array {
  return packet.icmp?.quote?.bytes ?? new Uint8Array(0);
}
