import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import type { Address } from '../../../src/wire/address.ts';
import { seqAdd } from '../../../src/wire/numbers.ts';
import { endOf } from '../reset.ts';
import { encodeTcpPacket, type TcpPacketFields } from '../../../src/wire/packet.ts';
import { icmpErrorAbout, type IcmpError } from '../icmp-error.ts';
import { anything, syn, synAck, type Match } from '../match.ts';
import { back, milliseconds, onward, when, type Middlebox } from '../middlebox.ts';
import { ackOf, destinationOf, endpointsOf, seqOf, swapped, type Packet } from '../packet.ts';

/** How a forged reset differs from a correct one, and when it is sent. */
export interface ResetForm {
  /** TTL it starts with; 64 unless given. */
  readonly ttl?: number;
  /** IP ID; 0 unless given. */
  readonly id?: number;
  /** Raw window; 0 unless given. */
  readonly window?: number;
  /** Added to the acknowledgment number; 0 unless given. */
  readonly ackOff?: number;
  /** True omits ACK and its number. */
  readonly withoutAck?: boolean;
  /** Milliseconds after the packet it answers; 0 unless given. */
  readonly afterMs?: number;
}

/**
 * Answers SYNs that match with a reset from the target's address instead of forwarding them (nft `reject
 * with tcp reset`).
 */
export function rejectRst(form: ResetForm = {}, match: Match = anything): Middlebox {
  return when(
    (packet) => syn(packet) && match(packet),
    (packet) => [back(resetFor(packet, form), milliseconds(form.afterMs ?? 0))],
  );
}

/**
 * Answers packets that match with an ICMP error instead of forwarding them, from the router, or on a wire
 * from the target.
 */
export function rejectIcmp(type: number, code: number, options: IcmpForm = {}): Middlebox {
  const { match = syn, afterMs = 0, ...rest } = options;
  return when(match, (packet, { address }) => [
    back(icmpErrorAbout(packet, rest.from ?? address ?? destinationOf(packet), { ...rest, type, code }), milliseconds(afterMs)),
  ]);
}

/** An ICMP error, and what causes it. */
export interface IcmpForm extends Omit<IcmpError, 'type' | 'code'> {
  /** What is answered; SYNs unless given. */
  readonly match?: Match;
  readonly from?: Address;
  /** Milliseconds after the packet it answers; 0 unless given. */
  readonly afterMs?: number;
}

/** Forwards SYNs and also answers with a reset: a censor, an intrusion prevention system. */
export function injectRst(form: ResetForm = {}, match: Match = anything): Middlebox {
  return besides((packet) => syn(packet) && match(packet), rejectRst(form));
}

/** Forwards SYNs and also answers with an ICMP error. */
export function injectIcmp(type: number, code: number, options: IcmpForm = {}): Middlebox {
  return besides(options.match ?? syn, rejectIcmp(type, code, options));
}

/** Forwards SYN-ACKs and sends a reset from the server's address after each; for the reverse direction. */
export function resetAfterSynAck(form: ResetForm = {}): Middlebox {
  return when(synAck, (packet) => {
    const fields = { ...endpointsOf(packet), seq: seqAdd(seqOf(packet), 1), ack: ackOf(packet), ...look(form) };
    return [
      onward(packet),
      onward(encodeTcpPacket({ ...fields, flags: TcpFlag.RST | TcpFlag.ACK }), milliseconds(form.afterMs ?? 0)),
    ];
  });
}

/** Forwards the packets that match, and adds what `box` answers to them. */
export function besides(match: Match, box: Middlebox): Middlebox {
  return when(match, (packet, context) => [onward(packet), ...box(packet, context).filter((one) => one.way === 'back')]);
}

function resetFor(packet: Packet, form: ResetForm = {}): Packet {
  const ack = seqAdd(endOf(packet), form.ackOff ?? 0);
  const proof = form.withoutAck === true ? { ack: 0, flags: TcpFlag.RST } : { ack, flags: TcpFlag.RST | TcpFlag.ACK };
  return encodeTcpPacket({ ...swapped(packet), seq: 0, ...proof, ...look(form) });
}

function look(form: ResetForm): Pick<TcpPacketFields, 'ttl' | 'id' | 'window'> {
  return { ttl: form.ttl ?? 64, id: form.id ?? 0, window: form.window ?? 0 };
}
