import { readFile } from 'node:fs/promises';
import { type LinkType, ipOffset } from '../../src/wire/link.ts';

/** A frame of a capture file. */
export interface Frame {
  /** Counted from 1, as tshark does. */
  readonly number: number;
  /** pcap-linktype(7). */
  readonly linkType: number;
  readonly bytes: Uint8Array;
  /** Bytes that the frame had on the wire. */
  readonly originalLength: number;
}

const LINK_TYPES: ReadonlyMap<number, LinkType> = new Map([
  [0, 'null'],
  [1, 'ethernet'],
  [12, 'raw'],
  [101, 'raw'],
  [113, 'linux-sll'],
  [228, 'raw'],
  [276, 'linux-sll2'],
]);

const PPP = 9;
const PPP_IPV4_HEADER = [0xff, 0x03, 0x00, 0x21];

const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_NANOSECONDS = 0xa1b23c4d;
const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_INTERFACE = 1;
const PCAPNG_SIMPLE_PACKET = 3;
const PCAPNG_PACKET = 6;
const PCAPNG_BYTE_ORDER = 0x1a2b3c4d;

/** The frames of a pcap (either resolution and byte order) or pcapng file; throws on anything else. A record that is cut ends the list. */
export async function readCapture(path: string): Promise<readonly Frame[]> {
  const file = await readFile(path);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0) === PCAPNG_SECTION) return [...pcapngFrames(view)];
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === PCAP_MICROSECONDS || magic === PCAP_NANOSECONDS) return [...pcapFrames(view, littleEndian)];
  }
  throw new Error(`${path}: neither pcap nor pcapng`);
}

/** The bytes from the IPv4 header on, or null when the frame carries none that can be found. */
export function ipPacketOf(frame: Frame): Uint8Array | null {
  if (frame.linkType === PPP) {
    const isIpv4 = PPP_IPV4_HEADER.every((byte, index) => frame.bytes[index] === byte);
    return isIpv4 ? frame.bytes.subarray(PPP_IPV4_HEADER.length) : null;
  }
  const link = LINK_TYPES.get(frame.linkType);
  if (link === undefined) throw new Error(`frame ${frame.number}: link type ${frame.linkType}`);
  const offset = ipOffset(link, frame.bytes, frame.bytes.length);
  return offset === -1 ? null : frame.bytes.subarray(offset);
}

function* pcapFrames(view: DataView, littleEndian: boolean): Generator<Frame> {
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  let offset = 24;
  for (let number = 1; offset + 16 <= view.byteLength; number += 1) {
    const captured = view.getUint32(offset + 8, littleEndian);
    if (offset + 16 + captured > view.byteLength) return;
    yield {
      number,
      linkType,
      bytes: copyOf(view, offset + 16, captured),
      originalLength: view.getUint32(offset + 12, littleEndian),
    };
    offset += 16 + captured;
  }
}

function* pcapngFrames(view: DataView): Generator<Frame> {
  let linkTypes: number[] = [];
  let littleEndian = true;
  let number = 1;
  let offset = 0;
  while (offset + 12 <= view.byteLength) {
    if (view.getUint32(offset) === PCAPNG_SECTION) {
      littleEndian = view.getUint32(offset + 8, true) === PCAPNG_BYTE_ORDER;
      linkTypes = [];
    }
    const type = view.getUint32(offset, littleEndian);
    const length = view.getUint32(offset + 4, littleEndian);
    if (length < 12 || offset + length > view.byteLength) return;
    if (type === PCAPNG_INTERFACE) linkTypes.push(view.getUint16(offset + 8, littleEndian));
    if (type === PCAPNG_SIMPLE_PACKET) throw new Error('pcapng simple packet blocks are not read here');
    if (type === PCAPNG_PACKET) {
      const linkType = linkTypes[view.getUint32(offset + 8, littleEndian)] ?? -1;
      const captured = view.getUint32(offset + 20, littleEndian);
      yield {
        number,
        linkType,
        bytes: copyOf(view, offset + 28, captured),
        originalLength: view.getUint32(offset + 24, littleEndian),
      };
      number += 1;
    }
    offset += length;
  }
}

function copyOf(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}
