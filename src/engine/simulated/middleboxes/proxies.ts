import { TcpFlag } from '../../../wire/tcp-flags.ts';
import { encodeTcpPacket } from '../../../wire/packet.ts';
import type { TcpOption } from '../../../wire/tcp-option.ts';
import { anything, syn, tcp, type Match } from '../match.ts';
import { back, drop, when, type Middlebox } from '../middlebox.ts';
import { swapped } from '../packet.ts';
import { endOf } from '../reset.ts';

/** What an answering middlebox puts into its SYN-ACKs. */
export interface ProxyForm {
  readonly ttl?: number;
  /** Raw window. */
  readonly window?: number;
  readonly options?: readonly TcpOption[];
  readonly match?: Match;
}

/**
 * Answers SYNs in the server's name, window 0, before it has asked the server (nft `synproxy`): with the client's ACK still
 * to come, all that a half-open probe sees of one. What else matches is swallowed.
 */
export function synProxy(form: ProxyForm = {}): Middlebox {
  return answerer({ window: 0, options: [{ kind: 2, name: 'mss', value: 1460 }], ...form });
}

/** Answers every SYN to whatever address and port, and nothing else: LaBrea's tiny window, no options. */
export function tarPit(form: ProxyForm = {}): Middlebox {
  return answerer({ window: 10, options: [], ...form });
}

function answerer(form: ProxyForm): Middlebox {
  const { ttl = 64, window = 0, options = [], match = anything } = form;
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
  return when(
    (packet) => tcp(packet) && match(packet),
    (packet, context) => (syn(packet) ? answer : drop)(packet, context),
  );
}
