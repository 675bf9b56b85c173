import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { anything, rst, syn, tcp, type Match } from '../match.ts';
import { back, chain, drop, when, type Middlebox } from '../middlebox.ts';
import { swapped, type Packet } from '../packet.ts';
import { endOf, resetNumbers } from '../reset.ts';

/** What a middlebox that answers SYNs sends. */
export interface ProxyForm {
  readonly ttl?: number;
  /** Raw window. */
  readonly window?: number;
  readonly options?: readonly TcpOption[];
  readonly match?: Match;
  /** ACKs and data are ignored unless given. */
  readonly acks?: 'ignored' | 'reset';
}

/**
 * Answers SYNs from the server's address with window 0, without asking the server first (nft `synproxy`):
 * all of a SYN proxy that a half-open probe sees. Other packets that match are dropped.
 */
export function synProxy(form: ProxyForm = {}): Middlebox {
  return answerer({ window: 0, options: [{ kind: 2, name: 'mss', value: 1460 }], ...form });
}

/** Answers every SYN, whatever its address and port, as LaBrea does: a tiny window, no options. */
export function tarPit(form: ProxyForm = {}): Middlebox {
  return answerer({ window: 10, options: [], ...form });
}

function answerer(form: ProxyForm): Middlebox {
  const { ttl = 64, window = 0, options = [], match = anything, acks = 'ignored' } = form;
  const answer: Middlebox = (packet, { random }) => [
    back(
      encodeTcpPacket({
        ...swapped(packet),
        ttl,
        window,
        options,
        seq: random.uint32(),
        ack: endOf(packet),
        flags: TcpFlag.SYN | TcpFlag.ACK,
      }),
    ),
  ];
  const others: Middlebox = acks === 'ignored' ? drop : chain(when(rst, drop), (packet) => [back(resetTo(packet, ttl))]);
  return when(
    (packet) => tcp(packet) && match(packet),
    (packet, context) => (syn(packet) ? answer : others)(packet, context),
  );
}

function resetTo(packet: Packet, ttl: number): Packet {
  return encodeTcpPacket({ ...swapped(packet), ...resetNumbers(packet), window: 0, ttl });
}
