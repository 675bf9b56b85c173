import { seqAdd, type Nanos, type Seq } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import { findOption } from '../../../src/wire/tcp-options.ts';
import type { HostContext } from '../host.ts';
import { flagsOf, optionsOf, seqOf, swapped, type Packet } from '../packet.ts';
import { answerFlags, answerOptions, answerWindow, type Stack } from '../stack.ts';
import { agree, type Agreement } from './agreement.ts';
import type { ServerForm } from './server-form.ts';
import { segmentSenderOf, type SegmentSender } from './segment-sender.ts';

/** How a SYN is answered. */
export interface SynReply {
  readonly sender: SegmentSender;
  readonly stack: Stack;
  readonly agreement: Agreement;
  /** The peer's sequence number after its SYN. */
  readonly peerNext: Seq;
  readonly peerClock: number;
  /** Our receive window, in bytes. */
  readonly window: number;
  /** The SYN-ACK at `now`, with our ISN; `more` adds to it. */
  readonly synAck: (iss: Seq, now: Nanos, more?: SynAckExtras) => Packet;
}

/** Additions to a SYN-ACK: bytes of the SYN's data that it acknowledges, options, and another TSval. */
export interface SynAckExtras {
  readonly data?: number;
  readonly options?: readonly TcpOption[];
  readonly clock?: number;
}

const LINK_MTU = 1500;
const IP_AND_TCP = 40;

/** The stack of a port: its MSS follows from its link's MTU unless given. */
export function stackOf(form: ServerForm, context: HostContext): Stack {
  const mss = form.mtu === undefined ? {} : { mss: form.mtu - IP_AND_TCP };
  return { ...context.host.stack, ...mss, ...form.stack };
}

/** Bytes of the largest packet that the port sends before it learns of a smaller path MTU. */
export function mtuOf(form: ServerForm): number {
  const link = form.mtu ?? LINK_MTU;
  return Math.min(link, form.pathMtu ?? link);
}

/** How `stack` answers a SYN. */
export function replyToSyn(packet: Packet, context: HostContext, form: ServerForm, stack: Stack): SynReply {
  const offered = optionsOf(packet);
  const sender = segmentSenderOf(context, swapped(packet), stack);
  const answered = (tsval: number): readonly TcpOption[] => form.options ?? answerOptions(stack, offered, tsval);
  const flags = answerFlags(stack, flagsOf(packet));
  const window = answerWindow(stack, answered(0));
  const peerNext = seqAdd(seqOf(packet), 1);
  return {
    sender,
    stack,
    agreement: agree(answered(0), offered, (flags & TcpFlag.ECE) !== 0),
    peerNext,
    peerClock: findOption(offered, 'ts')?.value ?? 0,
    window,
    synAck: (iss, now, { data = 0, options = [], clock = sender.clock(now) } = {}) =>
      sender.encode({
        seq: iss,
        ack: seqAdd(peerNext, data),
        flags,
        window,
        options: [...answered(clock), ...options],
      }),
  };
}
