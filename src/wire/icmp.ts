import { concatBytes, readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import { shortage, type Decoded, type IcmpExtensionObject, type IcmpMessage } from './decoded.ts';
import { PADDED_QUOTE_BYTES, decodeExtensions, encodeExtensions } from './icmp-extensions.ts';
import { QUOTED_TRANSPORT_BYTES, decodeQuote } from './icmp-quote.ts';
import { ipHeaderLength } from './ipv4.ts';

/** Bytes before the quote (RFC 792). */
export const ICMP_HEADER_BYTES = 8;

/** Where the fields of the header stand (RFC 792; the length of RFC 4884, 4). */
const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;
const QUOTE_WORDS = 5;

/** Error messages, which quote a packet (RFC 792), and those that may carry extensions (RFC 4884, 4). */
const ERROR_TYPES: readonly number[] = [3, 4, 5, 11, 12];
const EXTENSIBLE_TYPES: readonly number[] = [3, 11, 12];

const REASONS: Readonly<Record<string, string>> = {
  '3/0': 'icmp-net-unreachable',
  '3/1': 'icmp-host-unreachable',
  '3/2': 'icmp-proto-unreachable',
  '3/3': 'icmp-port-unreachable',
  '3/4': 'icmp-frag-needed',
  '3/9': 'icmp-net-prohibited',
  '3/10': 'icmp-host-prohibited',
  '3/13': 'icmp-admin-prohibited',
  '11/0': 'icmp-ttl-exceeded',
};

/** True for what quotes a packet: unreachable, source quench, redirect, time exceeded, parameter problem. */
export function isIcmpError(type: number): boolean {
  return ERROR_TYPES.includes(type);
}

/** The reason name of an ICMP error, such as `icmp-port-unreachable`, else `icmp-TYPE-CODE`. */
export function formatIcmpReason(type: number, code: number): string {
  return REASONS[`${type}/${code}`] ?? `icmp-${type}-${code}`;
}

/** `3/1` for the reason name of an ICMP error of type 3 and code 1; null for another word. */
export function icmpTypeAndCode(reason: string): string | null {
  const [, type, code] = /^icmp-(\d+)-(\d+)$/.exec(reason) ?? [];
  return type === undefined ? (Object.keys(REASONS).find((key) => REASONS[key] === reason) ?? null) : `${type}/${code}`;
}

/** Fields of an ICMP message to write. */
export interface IcmpFields {
  readonly type: number;
  readonly code: number;
  /** Bytes 4 to 7; 0 unless given. With extensions the length field of RFC 4884 is put in. */
  readonly rest?: number;
  /** What follows the header: for errors the quoted bytes. */
  readonly quote: Uint8Array;
  readonly extensions?: readonly IcmpExtensionObject[];
  /** True leaves the length field 0, as senders did before RFC 4884 (5.5). */
  readonly legacyExtensions?: boolean;
}

/**
 * The ICMPv4 message that is `bytes`, its quote read as far as it goes, as a view. Extensions are found by
 * the length field (RFC 4884, 4), else 128 bytes into the quote with a checksum that is right (5.5).
 */
export function decodeIcmp(bytes: Uint8Array): Decoded<IcmpMessage> {
  const short = shortage('icmp', bytes, ICMP_HEADER_BYTES);
  if (short !== null) return { ok: false, defect: short };
  const type = bytes[TYPE] as number;
  const body = bytes.subarray(ICMP_HEADER_BYTES);
  const whole = { quoteLength: body.length, extensions: [] };
  const isExtended = EXTENSIBLE_TYPES.includes(type);
  const { quoteLength, extensions } = (isExtended ? splitBody(body, bytes[QUOTE_WORDS] as number) : null) ?? whole;
  return {
    ok: true,
    value: {
      type,
      code: bytes[CODE] as number,
      checksum: readU16(bytes, CHECKSUM),
      rest: readU32(bytes, REST),
      quote: isIcmpError(type) ? decodeQuote(body.subarray(0, quoteLength)) : null,
      extensions,
    },
  };
}

/** A message with its checksum; a quote before extensions is padded to 128 bytes and whole words. */
export function encodeIcmp(fields: IcmpFields): Uint8Array {
  const header = Uint8Array.of(fields.type, fields.code, 0, 0, 0, 0, 0, 0);
  writeU32(header, REST, fields.rest ?? 0);
  const parts = [fields.quote];
  if (fields.extensions !== undefined) {
    const quote = paddedQuote(fields.quote, fields.legacyExtensions === true);
    if (fields.legacyExtensions !== true) header[QUOTE_WORDS] = quote.length / 4;
    parts.splice(0, 1, quote, encodeExtensions(fields.extensions));
  }
  const message = concatBytes([header, ...parts]);
  writeU16(message, CHECKSUM, internetChecksum(message, 0, message.length));
  return message;
}

/**
 * Null without extensions. A length field is believed only when it leaves room for a probe's identity and an
 * extension structure stands where it points: the byte was "unused" before RFC 4884.
 */
function splitBody(body: Uint8Array, words: number): (Pick<IcmpMessage, 'extensions'> & { quoteLength: number }) | null {
  const quoteLength = words === 0 ? PADDED_QUOTE_BYTES : words * 4;
  const least = ipHeaderLength(body, 0) + QUOTED_TRANSPORT_BYTES;
  if (quoteLength < least || quoteLength >= body.length) return null;
  const extensions = decodeExtensions(body.subarray(quoteLength), words === 0);
  return extensions && { quoteLength, extensions };
}

function paddedQuote(quote: Uint8Array, legacy: boolean): Uint8Array {
  const length = Math.max(PADDED_QUOTE_BYTES, Math.ceil(quote.length / 4) * 4);
  if (length > (legacy ? PADDED_QUOTE_BYTES : 0xff * 4))
    throw new RangeError(`a quote of ${quote.length} bytes before ICMP extensions`);
  const padded = new Uint8Array(length);
  padded.set(quote);
  return padded;
}
