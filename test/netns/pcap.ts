import { readFileSync } from 'node:fs';

/** A TCP packet as it was on the wire; parsed here, independently of the code under test. */
export interface SeenSegment {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly tos: number;
  readonly ipId: number;
  readonly dontFragment: boolean;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** The flags byte: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  readonly flags: number;
  readonly window: number;
  /** Hex. */
  readonly options: string;
  /** Hex. */
  readonly payload: string;
  readonly ipChecksumGood: boolean;
  readonly tcpChecksumGood: boolean;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

const LINKTYPE_ETHERNET = 1;
const ETHERTYPE_IPV4 = 0x0800;

/**
 * One's complement sum; 0xffff over a header, or a segment with its pseudo header, means a correct checksum
 * (RFC 1071).
 */
function sum16(...parts: readonly Buffer[]): number {
  let total = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) total += (part[i] as number) * 256 + (part[i + 1] ?? 0);
  }
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

function dotted(bytes: Buffer): string {
  return [...bytes].join('.');
}

function segmentOf(packet: Buffer, atMs: number): SeenSegment | null {
  if (packet.length < 40 || (packet[0] as number) >> 4 !== 4 || packet[9] !== 6) return null;
  const start = ((packet[0] as number) & 15) * 4;
  const tcp = packet.subarray(start, packet.readUInt16BE(2));
  const dataOffset = ((tcp[12] as number) >> 4) * 4;
  const length = Buffer.from([0, 6, tcp.length >> 8, tcp.length & 255]);
  return {
    source: dotted(packet.subarray(12, 16)),
    destination: dotted(packet.subarray(16, 20)),
    sourcePort: tcp.readUInt16BE(0),
    destinationPort: tcp.readUInt16BE(2),
    ttl: packet[8] as number,
    tos: packet[1] as number,
    ipId: packet.readUInt16BE(4),
    dontFragment: ((packet[6] as number) & 0x40) !== 0,
    sequence: tcp.readUInt32BE(4),
    acknowledgement: tcp.readUInt32BE(8),
    flags: tcp[13] as number,
    window: tcp.readUInt16BE(14),
    options: tcp.toString('hex', 20, dataOffset),
    payload: tcp.toString('hex', dataOffset),
    ipChecksumGood: sum16(packet.subarray(0, start)) === 0xffff,
    tcpChecksumGood: sum16(packet.subarray(12, 20), length, tcp) === 0xffff,
    atMs,
  };
}

/**
 * The TCP packets of a pcap file (little-endian, Ethernet or raw IP), in order; `from` is the offset of the
 * first record to read.
 */
export function readSegments(path: string, from = 24): readonly SeenSegment[] {
  const file = readFileSync(path);
  const linkHeader = file.readUInt32LE(20) === LINKTYPE_ETHERNET ? 14 : 0;
  const segments: SeenSegment[] = [];
  for (let at = from; at + 16 <= file.length;) {
    const length = file.readUInt32LE(at + 8);
    const frame = file.subarray(at + 16, at + 16 + length);
    const isIpv4 = linkHeader === 0 || frame.readUInt16BE(12) === ETHERTYPE_IPV4;
    const segment = isIpv4
      ? segmentOf(frame.subarray(linkHeader), file.readUInt32LE(at) * 1000 + file.readUInt32LE(at + 4) / 1000)
      : null;
    if (segment !== null) segments.push(segment);
    at += 16 + length;
  }
  return segments;
}

/** The SYNs without ACK that went to an address. */
export function synsTo(path: string, destination: string, from?: number): readonly SeenSegment[] {
  return readSegments(path, from).filter((segment) => segment.destination === destination && (segment.flags & 0x17) === 2);
}
