import type { Ipv4Header, TcpHeader, TcpOption } from '../../wire/decoded.ts';
import { toHex } from '../../wire/bytes.ts';
import { IPV4 } from '../../wire/family.ts';
import { seq, seqAdd } from '../../wire/numbers.ts';
import type { TcpPacketFields } from '../../wire/packet.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';
import { mssOfMtu } from '../../wire/tcp.ts';

/** A SYN with both headers. */
export interface DecodedSyn {
  readonly ip: Ipv4Header;
  readonly header: TcpHeader;
}

/** The responder's own parameters of a connection. */
export interface OwnSide {
  /** Of the interface towards the client. */
  readonly mtu: number;
  readonly isn: number;
  /** Nonzero: the kernel replaces 0 with its own (raw(7), IP_HDRINCL). */
  readonly ipId: number;
  readonly tsval: number;
  /** Eight bytes, for a client that requests a Fast Open cookie. */
  readonly cookie: Uint8Array;
}

/** Raw window of SYN-ACKs, as Linux has it on Ethernet. */
const SYN_ACK_WINDOW = 64_240;
/** Window shift of later segments. */
export const OWN_SHIFT = 7;

const NOP: TcpOption = { kind: 1, name: 'nop' };
const SACK_OK: TcpOption = { kind: 4, name: 'sackOK' };
const ECN_SETUP = TcpFlag.ECE | TcpFlag.CWR;

/** What all packets to the SYN's sender have; the DSCP as it arrived, to compare the reverse path too. */
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

/** The SYN-ACK that Linux would send for the SYN as it arrived: it looks ordinary to middleboxes. */
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

/** net/ipv4/tcp_output.c, tcp_options_write: SACK-permitted replaces the NOPs before timestamps. */
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
