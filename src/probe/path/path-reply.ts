import type { Address } from '../../wire/address.ts';
import type { DecodedPacket, IcmpMessage, TcpHeader, Quote } from '../../wire/decoded.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';
import { seq, seqDiff } from '../../wire/numbers.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { findOption } from '../../wire/tcp-options.ts';
import type { AnswerKind, PathProbe } from './path-probe.ts';
import type { Flow } from '../craft/syn-maker.ts';

/** What a captured packet is to a flow. `probe` is null when the packet does not name its probe. */
export type PathReply =
  | { readonly is: 'foreign' | 'unproven' | 'stale' }
  | {
      readonly is: 'answer';
      readonly kind: AnswerKind;
      readonly probe: PathProbe | null;
      readonly from: Address;
      readonly reason: string;
    };

/** What a packet is compared with. */
export interface Asked {
  readonly flow: Flow;
  readonly isn: number;
  readonly payloadLength: number;
  readonly probes: readonly PathProbe[];
  readonly isLocal: (address: Address) => boolean;
}

const { SYN, RST, ACK } = TcpFlag;
const UNREACHABLE = 3;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;

/** Reads a packet by the rules of proof of any probe (RFC 9293, 3.10.7.3; RFC 5961, 4; RFC 5927, 4). */
export function readAnswer(packet: DecodedPacket, asked: Asked): PathReply {
  const { ip, tcp, icmp } = packet;
  if (icmp !== null) return readIcmp(icmp, ip.source, asked);
  if (tcp === null || !isOnTuple(packet, asked.flow)) return { is: 'foreign' };
  return readTcp(tcp.header, ip.source, asked);
}

function isOnTuple({ ip, tcp }: DecodedPacket, flow: Flow): boolean {
  if (ip.source !== flow.target || ip.destination !== flow.source) return false;
  return tcp?.header.sourcePort === flow.port && tcp.header.destinationPort === flow.sourcePort;
}

function readTcp(header: TcpHeader, from: Address, asked: Asked): PathReply {
  const bits = header.flags & (SYN | RST | ACK);
  if (bits === SYN) return { is: 'answer', kind: 'tcp', probe: null, from, reason: 'syn' };
  const proven = (bits & ACK) !== 0 && isAcknowledged(header.ack, asked);
  if (bits === ACK) return { is: proven ? 'unproven' : 'stale' };
  if (!proven || bits === 0) return { is: 'unproven' };
  if ((bits & RST) !== 0) return { is: 'answer', kind: 'tcp', probe: null, from, reason: 'rst' };
  const echo = findOption(header.options, 'ts')?.echo;
  const probe = asked.probes.find(({ tsval }) => tsval !== null && tsval === echo) ?? null;
  return { is: 'answer', kind: 'tcp', probe, from, reason: 'syn-ack' };
}

function isAcknowledged(ack: number, { isn, payloadLength }: Asked): boolean {
  const beyond = seqDiff(seq(ack), seq(isn + 1));
  return beyond >= 0 && beyond <= payloadLength;
}

function readIcmp(icmp: IcmpMessage, from: Address, asked: Asked): PathReply {
  const isError = [UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM].includes(icmp.type);
  const match = icmp.quote === null || !isError ? null : matchQuote(icmp.quote, asked);
  if (match === null) return { is: 'foreign' };
  const kind = icmpKind(icmp.type, { from, target: asked.flow.target }, asked.isLocal);
  return { is: 'answer', kind, probe: match.probe, from, reason: formatIcmpReason(icmp.type, icmp.code) };
}

/**
 * What an ICMP error about a packet to `target` means; an unreachable of this host about another one is
 * `local`.
 */
export function icmpKind(
  type: number,
  { from, target }: { readonly from: Address; readonly target: Address },
  isLocal: (address: Address) => boolean,
): Exclude<AnswerKind, 'tcp'> {
  if (type === TIME_EXCEEDED) return 'expired';
  return type === UNREACHABLE && isLocal(from) && !isLocal(target) ? 'local' : 'refused';
}

/**
 * The quoted probe, null where the quote names none; null when the packet is not ours. A path may rewrite
 * fields, so one match is enough: sequence number, TSval, or IP ID on our ports, which others cannot predict.
 */
function matchQuote(quote: Quote, { flow, isn, probes }: Asked): { readonly probe: PathProbe | null } | null {
  const tsval = findOption(quote.tcp?.options ?? [], 'ts')?.value;
  const byTsval = probes.find((probe) => probe.tsval !== null && probe.tsval === tsval);
  const byId = probes.find((probe) => probe.ipId === quote.ip.id);
  const isOurs = quote.seq === isn || byTsval !== undefined || (byId !== undefined && quotesTuple(quote, flow));
  return isOurs ? { probe: byTsval ?? byId ?? null } : null;
}

function quotesTuple({ ip, sourcePort, destinationPort }: Quote, flow: Flow): boolean {
  const isBetween = ip.source === flow.source && ip.destination === flow.target;
  return isBetween && sourcePort === flow.sourcePort && destinationPort === flow.port;
}
