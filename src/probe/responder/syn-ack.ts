import type { DecodedPacket, Ipv4Header, TcpHeader, TcpOption } from '../../wire/decoded.ts';
import { toHex } from '../../wire/bytes.ts';
import { IPV4 } from '../../wire/family.ts';
import { seq, seqAdd } from '../../wire/numbers.ts';
import type { TcpPacketFields } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';
import { mssOfMtu } from '../../wire/tcp.ts';

/** A SYN with its two headers. */
export interface DecodedSyn {
  readonly ip: Ipv4Header;
  readonly header: TcpHeader;
}

/** What the responder's own side of a connection starts with. */
export interface OwnSide {
  /** Of the interface that leads back to the client. */
  readonly mtu: number;
  readonly isn: number;
  /** Not 0: for that the kernel would fill in its own (raw(7), IP_HDRINCL). */
  readonly ipId: number;
  readonly tsval: number;
  /** Eight bytes, for a client that asks for a Fast Open cookie. */
  readonly cookie: Uint8Array;
}

/** Raw window of SYN-ACKs: what Linux says on an Ethernet. */
const SYN_ACK_WINDOW = 64_240;
/** Shift of the windows behind it. */
export const OWN_SHIFT = 7;

const NOP: TcpOption = { kind: 1, name: 'nop' };
const SACK_OK: TcpOption = { kind: 4, name: 'sackOK' };
const ECN_SETUP = TcpFlag.ECE | TcpFlag.CWR;

/** The SYN of a packet, or null when it is none. */
export function synOf(packet: DecodedPacket): DecodedSyn | null {
  const header = packet.tcp?.header;
  return header === undefined ? null : { ip: packet.ip, header };
}

/** The fields that every packet back to the sender of `syn` has. The DSCP is the one that came, so that the way back can be compared too. */
export function addressedBack({ ip, header }: DecodedSyn): TcpPacketFields {
  return {
    source: ip.destination,
    destination: ip.source,
    sourcePort: header.destinationPort,
    destinationPort: header.sourcePort,
    tos: ip.dscp << 2,
    seq: 0,
    flags: TcpFlag.ACK,
  };
}

/** The SYN-ACK: what Linux would answer to the SYN as it came, so nothing that was not asked for. A middlebox has no more cause to touch it than any other. */
export function synAckFields(syn: DecodedSyn, own: OwnSide): TcpPacketFields {
  const asksEcn = (syn.header.flags & ECN_SETUP) === ECN_SETUP;
  return {
    ...addressedBack(syn),
    id: own.ipId,
    seq: own.isn,
    ack: seqAdd(seq(syn.header.seq), 1),
    flags: TcpFlag.SYN | TcpFlag.ACK | (asksEcn ? TcpFlag.ECE : 0),
    window: SYN_ACK_WINDOW,
    options: answerTo(syn.header.options, own),
  };
}

/** net/ipv4/tcp_output.c, tcp_options_write: SACK-permitted takes the place of the NOPs before timestamps. */
function answerTo(offered: readonly TcpOption[], { mtu, tsval, cookie }: OwnSide): readonly TcpOption[] {
  const asked = findOption(offered, 'ts');
  const sack = findOption(offered, 'sackOK') !== undefined;
  const stamps: readonly TcpOption[] = asked === undefined ? [] : [{ kind: 8, name: 'ts', value: tsval, echo: asked.value }];
  const permitted = sack ? [SACK_OK] : [NOP, NOP];
  const clock = asked === undefined ? (sack ? [NOP, NOP, SACK_OK] : []) : [...permitted, ...stamps];
  const scale: readonly TcpOption[] =
    findOption(offered, 'wscale') === undefined ? [] : [NOP, { kind: 3, name: 'wscale', value: OWN_SHIFT }];
  const fastOpen: readonly TcpOption[] =
    findOption(offered, 'tfo')?.cookie === '' ? [NOP, NOP, { kind: 34, name: 'tfo', cookie: toHex(cookie) }] : [];
  return [{ kind: 2, name: 'mss', value: Math.max(mssOfMtu(mtu, IPV4), 1) & 0xffff }, ...clock, ...scale, ...fastOpen];
}
