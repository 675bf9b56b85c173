import { seqAdd, type Seq } from '../../src/wire/numbers.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { ackOf, flagsOf, payloadLengthOf, seqOf, type Packet } from './packet.ts';

/** The numbers of a reset, and whether it carries ACK. */
export interface ResetNumbers {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
}

/** The reset that the sender of `packet` accepts (RFC 9293, 3.10.7.1). */
export function resetNumbers(packet: Packet): ResetNumbers {
  const flags = flagsOf(packet);
  if ((flags & TcpFlag.ACK) !== 0) return { seq: ackOf(packet), ack: 0, flags: TcpFlag.RST };
  return { seq: 0, ack: endOf(packet), flags: TcpFlag.RST | TcpFlag.ACK };
}

/** The sequence number after the data and the SYN of `packet`. */
export function endOf(packet: Packet): Seq {
  return seqAdd(seqOf(packet), payloadLengthOf(packet) + ((flagsOf(packet) & TcpFlag.SYN) === 0 ? 0 : 1));
}
