import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import {
  destinationPortOf,
  flagsOf,
  isIcmp,
  isTcp,
  optionsOf,
  payloadLengthOf,
  sourcePortOf,
  tcpChecksumOf,
  type Packet,
} from './packet.ts';

/** Which packets a middlebox handles. */
export type Match = (packet: Packet) => boolean;

/** Every packet. */
export const anything: Match = () => true;

/** TCP segments. */
export const tcp: Match = isTcp;

/** ICMP messages. */
export const icmp: Match = isIcmp;

/** SYN without ACK or RST. */
export const syn: Match = (packet) =>
  isTcp(packet) && (flagsOf(packet) & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.SYN;

/** SYN with ACK. */
export const synAck: Match = (packet) => hasFlags(packet, TcpFlag.SYN | TcpFlag.ACK);

/** RST, with ACK or without. */
export const rst: Match = (packet) => hasFlags(packet, TcpFlag.RST);

/** Segments with ECE or CWR; on a SYN both together ask for ECN (RFC 3168, 6.1.1). */
export const ecnFlags: Match = (packet) => isTcp(packet) && (flagsOf(packet) & (TcpFlag.ECE | TcpFlag.CWR)) !== 0;

/** ACK alone, without data: the third segment of a handshake, or a stray one. */
export const bareAck: Match = (packet) => isTcp(packet) && flagsOf(packet) === TcpFlag.ACK && payloadLengthOf(packet) === 0;

/** Segments whose TCP checksum is wrong. */
export const badChecksum: Match = (packet) => isTcp(packet) && tcpChecksumOf(packet) !== 0;

/** Packets of more than `bytes` bytes. */
export function largerThan(bytes: number): Match {
  return (packet) => packet.length > bytes;
}

/** Segments that carry data. */
export const payload: Match = (packet) => isTcp(packet) && payloadLengthOf(packet) > 0;

/** Segments from or to one of `ports`. */
export function port(...ports: readonly number[]): Match {
  return (packet) => isTcp(packet) && (ports.includes(sourcePortOf(packet)) || ports.includes(destinationPortOf(packet)));
}

/** Segments that carry option `kind`. */
export function option(kind: number): Match {
  return (packet) => isTcp(packet) && optionsOf(packet).some((one) => one.kind === kind);
}

/** Packets that all of `matches` match. */
export function all(...matches: readonly Match[]): Match {
  return (packet) => matches.every((match) => match(packet));
}

function hasFlags(packet: Packet, flags: number): boolean {
  return isTcp(packet) && (flagsOf(packet) & flags) === flags;
}
