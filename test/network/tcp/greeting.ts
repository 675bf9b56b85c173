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

/** A SYN and how it is answered. */
export interface Greeting {
  readonly sender: SegmentSender;
  readonly stack: Stack;
  readonly agreement: Agreement;
  /** First number of the peer behind its SYN. */
  readonly peerNext: Seq;
  readonly peerClock: number;
  /** Our receive window, in bytes. */
  readonly window: number;
  /** The SYN-ACK at that time, with our ISN and `extra` options; it acknowledges the SYN and `data` bytes behind it. */
  readonly synAck: (iss: Seq, now: Nanos, more?: SynAckExtras) => Packet;
}

/** What a SYN-ACK says besides. */
export interface SynAckExtras {
  readonly data?: number;
  readonly options?: readonly TcpOption[];
  readonly clock?: number;
}

const LINK_MTU = 1500;
const IP_AND_TCP = 40;

/** The stack of a port: its MSS follows from its link unless it is named. */
export function stackOf(form: ServerForm, context: HostContext): Stack {
  const mss = form.mtu === undefined ? {} : { mss: form.mtu - IP_AND_TCP };
  return { ...context.host.stack, ...mss, ...form.stack };
}

/** Bytes of the largest packet that the port sends before it learns better. */
export function mtuOf(form: ServerForm): number {
  const link = form.mtu ?? LINK_MTU;
  return Math.min(link, form.pathMtu ?? link);
}

/** Reads a SYN with the eyes of `stack`. */
export function greet(packet: Packet, context: HostContext, form: ServerForm, stack: Stack): Greeting {
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
      sender.say({
        seq: iss,
        ack: seqAdd(peerNext, data),
        flags,
        window,
        options: [...answered(clock), ...options],
      }),
  };
}
