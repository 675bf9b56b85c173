import type { Nanos } from '../../../wire/numbers.ts';
import { encodeTcpPacket } from '../../../wire/packet.ts';
import type { TcpOption } from '../../../wire/tcp-option.ts';
import type { HostContext } from '../host.ts';
import { nextIpId, timestampClock } from '../host-memory.ts';
import type { Endpoints, Packet } from '../packet.ts';
import type { Stack } from '../stack.ts';

/** What a segment says; who says it is the speaker's. */
export interface Words {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** Raw. */
  readonly window: number;
  readonly options?: readonly TcpOption[];
  readonly payload?: Uint8Array;
  /** Sent as ECN-capable, ECT(0) (RFC 3168, 5). */
  readonly ecnCapable?: boolean;
}

/** How one end of a connection makes its packets. */
export interface Speaker {
  readonly say: (words: Words) => Packet;
  /** TSval at that time. */
  readonly clock: (now: Nanos) => number;
}

const ECT_0 = 2;

/** Speaks for the host in the voice of `stack`. */
export function speakerOf(context: HostContext, endpoints: Endpoints, stack: Stack): Speaker {
  return {
    clock: (now) => timestampClock(context, now, stack.clockHz),
    say: ({ ecnCapable = false, ...words }) =>
      encodeTcpPacket({
        ...endpoints,
        ...words,
        ttl: stack.ttl,
        id: nextIpId(stack.ipId, context),
        tos: ecnCapable ? ECT_0 : 0,
      }),
  };
}
