import { concatBytes, readU16, readU32, writeU16, writeU32, fromHex, toHex, elementEnd } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import type { IcmpExtensionObject, MplsLabel } from './decoded.ts';

/** Bytes of the extension structure's own header: version, reserved, checksum (RFC 4884, 7). */
const STRUCTURE_HEADER = 4;

/** Bytes of an object's header: length, class, type (RFC 4884, 7.1). */
const OBJECT_HEADER = 4;

/** Bytes that a quote is padded to where extensions follow it (RFC 4884, 5.1 and 5.5). */
export const PADDED_QUOTE_BYTES = 128;

const VERSION = 2;
const MPLS_CLASS = 1;
const MPLS_INCOMING_STACK = 1;

/**
 * The objects of the extension structure that `bytes` is (RFC 4884, 7), up to one with an impossible length.
 * Null for another version or a wrong checksum. A checksum of 0 says that none was made: not where one is
 * required because nothing else announces a structure.
 */
export function decodeExtensions(bytes: Uint8Array, checksumRequired: boolean): readonly IcmpExtensionObject[] | null {
  if (bytes.length < STRUCTURE_HEADER || (bytes[0] as number) >>> 4 !== VERSION) return null;
  const unsummed = readU16(bytes, 2) === 0;
  if (unsummed ? checksumRequired : internetChecksum(bytes, 0, bytes.length) !== 0) return null;
  const objects: IcmpExtensionObject[] = [];
  let offset = STRUCTURE_HEADER;
  while (offset + OBJECT_HEADER <= bytes.length) {
    const end = elementEnd(offset, bytes.length, readU16(bytes, offset), OBJECT_HEADER);
    if (end === -1) break;
    objects.push(decodeObject(bytes.subarray(offset, end)));
    offset = end;
  }
  return objects;
}

/** An extension structure with its checksum; throws a RangeError where an object's `data` is not hex. */
export function encodeExtensions(objects: readonly IcmpExtensionObject[]): Uint8Array {
  const structure = concatBytes([Uint8Array.of(VERSION << 4, 0, 0, 0), ...objects.map(encodeObject)]);
  writeU16(structure, 2, internetChecksum(structure, 0, structure.length));
  return structure;
}

/** The extension object that carries an MPLS label stack as the router received it (RFC 4950, 2). */
export function mplsObject(labels: readonly MplsLabel[]): IcmpExtensionObject {
  const data = new Uint8Array(labels.length * 4);
  for (const [index, entry] of labels.entries()) {
    const bottom = entry.bottomOfStack ? 0x100 : 0;
    writeU32(data, index * 4, (entry.label << 12) | ((entry.trafficClass & 7) << 9) | bottom | (entry.ttl & 0xff));
  }
  return { classNumber: MPLS_CLASS, classType: MPLS_INCOMING_STACK, data: toHex(data), mpls: [...labels] };
}

function decodeObject(bytes: Uint8Array): IcmpExtensionObject {
  const classNumber = bytes[2] as number;
  const classType = bytes[3] as number;
  const data = bytes.subarray(OBJECT_HEADER);
  const isStack = classNumber === MPLS_CLASS && classType === MPLS_INCOMING_STACK;
  return { classNumber, classType, data: toHex(data), mpls: isStack ? decodeLabels(data) : null };
}

function encodeObject(object: IcmpExtensionObject): Uint8Array {
  const data = fromHex(object.data);
  if (data === null) throw new RangeError(`ICMP extension object: "${object.data}" is not hex`);
  const header = Uint8Array.of(0, 0, object.classNumber, object.classType);
  writeU16(header, 0, OBJECT_HEADER + data.length);
  return concatBytes([header, data]);
}

/** Label stack entries: label 20 bits, traffic class 3, bottom of stack 1, TTL 8 (RFC 3032, RFC 5462). */
function decodeLabels(data: Uint8Array): readonly MplsLabel[] {
  return Array.from({ length: Math.floor(data.length / 4) }, (_, index) => {
    const entry = readU32(data, index * 4);
    return { label: entry >>> 12, trafficClass: (entry >>> 9) & 7, bottomOfStack: (entry & 0x100) !== 0, ttl: entry & 0xff };
  });
}
