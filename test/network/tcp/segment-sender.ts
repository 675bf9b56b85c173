import type { Nanos } from '../../../src/wire/numbers.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import type { HostContext } from '../host.ts';
import { nextIpId, timestampClock } from '../host-memory.ts';
import type { Endpoints, Packet } from '../packet.ts';
import type { Stack } from '../stack.ts';

/** Fields of a segment; the sender adds addresses and ports. */
export interface SegmentFields {
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

/** Makes the packets of one end of a connection. */
export interface SegmentSender {
  readonly encode: (fields: SegmentFields) => Packet;
  /** TSval at that time. */
  readonly clock: (now: Nanos) => number;
}

const ECT_0 = 2;

/**
 * Makes packets as `stack` does. With IP ID `zero`, only packets without a socket (SYN-ACKs, resets) carry
 * 0; a connection counts up from a random ID (net/ipv4/ip_output.c, ip_select_ident_segs).
 */
export function segmentSenderOf(context: HostContext, endpoints: Endpoints, stack: Stack): SegmentSender {
  let count = context.random.uint32();
  const nextId = (flags: number): number => {
    const hasSocket = (flags & TcpFlag.SYN) === 0 && flags !== TcpFlag.RST;
    return stack.ipId === 'zero' && hasSocket ? ++count & 0xffff : nextIpId(stack.ipId, context);
  };
  return {
    clock: (now) => timestampClock(context, now, stack.clockHz),
    encode: ({ ecnCapable = false, ...fields }) =>
      encodeTcpPacket({
        ...endpoints,
        ...fields,
        ttl: stack.ttl,
        id: nextId(fields.flags),
        tos: ecnCapable ? ECT_0 : 0,
      }),
  };
}
