import { concatBytes, readU16 } from '../../wire/bytes.ts';
import { PROOF_CARRIERS } from './proof.ts';
import { ATTEMPT_FATES, type AttemptReport, type ResponderReport, type ReportRequest } from './report.ts';
import { isSameMac, type Mac, macOf, MacPurpose } from './token-mac.ts';

/** "SYNR", then the version. */
const START = Uint8Array.of(0x53, 0x59, 0x4e, 0x52, 1);
/** Start 5, type 1, length of the body 2. */
const HEADER_BYTES = 8;
/** Bytes of HMAC-SHA-256 that are sent: the least that RFC 2104 (5) recommends. */
const MAC_BYTES = 16;
const REQUEST_BYTES = 6;
const NEVER = 0xffff_ffff;

/** Bytes of the nonces that make each exchange unique. */
export const NONCE_BYTES = 16;
/** Bytes of a report's body: fewer than 32 segments of 512 bytes. */
const LARGEST_BODY = 14_000;
const LARGEST_LENGTH = 0xffff;
const EMPTY = new Uint8Array(0);

/** The messages of a connection, in this order. */
export const MessageType = { hello: 1, request: 2, report: 3 } as const;

/** Both ends' nonces: a message is valid for one exchange only. */
export interface Nonces {
  readonly responder: Uint8Array;
  readonly client: Uint8Array;
}

/** A message of the stream. */
export interface Message {
  readonly type: number;
  readonly body: Uint8Array;
  /** Empty in a hello. */
  readonly mac: Uint8Array;
  /** Bytes of the whole message. */
  readonly length: number;
}

/** The responder's first message: a nonce. Only a client that has sent a proof sees it. */
export function encodeHello(nonce: Uint8Array): Uint8Array {
  return frame(MessageType.hello, nonce, EMPTY);
}

/**
 * The client's nonce and request, under a MAC over both nonces: a replayed SYN gets a hello, nothing more.
 */
export function encodeRequest(mac: Mac, { responder, client }: Nonces, { sinceMs, skip }: ReportRequest): Uint8Array {
  const body = concatBytes([client, uint(4, sinceMs), uint(2, skip)]);
  return frame(MessageType.request, body, shortMac(mac, MacPurpose.request, responder, body));
}

/** The client's nonce and request; null unless the message is a request made with the token. */
export function decodeRequest(
  mac: Mac,
  responderNonce: Uint8Array,
  message: Message,
): (ReportRequest & { readonly nonce: Uint8Array }) | null {
  if (message.type !== MessageType.request || message.body.length !== NONCE_BYTES + REQUEST_BYTES) return null;
  if (!isSameMac(shortMac(mac, MacPurpose.request, responderNonce, message.body), message.mac)) return null;
  const reader = new ByteReader(message.body);
  return { nonce: reader.bytes(NONCE_BYTES), sinceMs: reader.uint(4), skip: reader.uint(2) };
}

/** A report under a MAC over both nonces. `others` that do not fit are counted in `more`. */
export function encodeReport(mac: Mac, nonces: Nonces, report: ResponderReport): Uint8Array {
  const own = encodeAttempt(report.own);
  const others: Uint8Array[] = [];
  let room = LARGEST_BODY - own.length;
  for (const other of report.others) {
    const entry = encodeAttempt(other);
    room -= entry.length;
    if (room < 0) break;
    others.push(entry);
  }
  const body = concatBytes([
    uint(8, report.nowUs),
    uint(4, report.upMs),
    own,
    ...list(others),
    uint(2, Math.min(report.more + report.others.length - others.length, LARGEST_LENGTH)),
    uint(1, report.forgotten ? 1 : 0),
    ...list(report.strangers.map(({ port, ageMs }) => concatBytes([uint(2, port), uint(4, ageMs)]))),
    ...list(report.listening.map(([first, last]) => concatBytes([uint(2, first), uint(2, last)]))),
  ]);
  return frame(MessageType.report, body, shortMac(mac, MacPurpose.report, nonces.responder, nonces.client, body));
}

/** The report; null unless the message is a report made with the token for these nonces. */
export function decodeReport(mac: Mac, { responder, client }: Nonces, message: Message): ResponderReport | null {
  const right = shortMac(mac, MacPurpose.report, responder, client, message.body);
  if (message.type !== MessageType.report || !isSameMac(right, message.mac)) return null;
  const reader = new ByteReader(message.body);
  // Fields are read in this order.
  const report: ResponderReport = {
    nowUs: reader.uint(8),
    upMs: reader.uint(4),
    own: readAttempt(reader),
    others: reader.list(() => readAttempt(reader)),
    more: reader.uint(2),
    forgotten: reader.uint(1) !== 0,
    strangers: reader.list(() => ({ port: reader.uint(2), ageMs: reader.uint(4) })),
    listening: reader.list(() => [reader.uint(2), reader.uint(2)] as const),
  };
  return reader.isDone ? report : null;
}

/** The first message of `stream`: null while it is incomplete, `foreign` when it cannot be one. */
export function readMessage(stream: Uint8Array): Message | null | 'foreign' {
  if (stream.subarray(0, START.length).some((byte, index) => byte !== START[index])) return 'foreign';
  if (stream.length < HEADER_BYTES) return null;
  const type = stream[START.length] as number;
  const end = HEADER_BYTES + readU16(stream, START.length + 1);
  const length = end + (type === MessageType.hello ? 0 : MAC_BYTES);
  if (stream.length < length) return null;
  return { type, body: stream.slice(HEADER_BYTES, end), mac: stream.slice(end, length), length };
}

function frame(type: number, body: Uint8Array, mac: Uint8Array): Uint8Array {
  return concatBytes([START, uint(1, type), uint(2, body.length), body, mac]);
}

function shortMac(mac: Mac, purpose: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return macOf(mac, purpose, ...parts).slice(0, MAC_BYTES);
}

function encodeAttempt(attempt: AttemptReport): Uint8Array {
  const { answeredAfterUs, syn, synAck } = attempt;
  const carriers = PROOF_CARRIERS.reduce((bits, name, bit) => (attempt.carriers.includes(name) ? bits | (1 << bit) : bits), 0);
  return concatBytes([
    uint(8, attempt.arrivedUs),
    uint(4, answeredAfterUs === null ? NEVER : Math.min(answeredAfterUs, NEVER - 1)),
    uint(1, ATTEMPT_FATES.indexOf(attempt.fate)),
    uint(1, Math.min(attempt.synCopies, 0xff)),
    uint(1, Math.min(attempt.synAckCopies, 0xff)),
    uint(1, carriers),
    uint(2, Math.min(attempt.synLength, LARGEST_LENGTH)),
    ...block(syn),
    ...block(synAck ?? EMPTY),
  ]);
}

function readAttempt(reader: ByteReader): AttemptReport {
  const arrivedUs = reader.uint(8);
  const answeredAfter = reader.uint(4);
  const fate = ATTEMPT_FATES[reader.uint(1)] ?? 'answered';
  const [synCopies, synAckCopies, bits, synLength] = [reader.uint(1), reader.uint(1), reader.uint(1), reader.uint(2)];
  const [syn, synAck] = [reader.block(), reader.block()];
  return {
    arrivedUs,
    answeredAfterUs: answeredAfter === NEVER ? null : answeredAfter,
    fate,
    synCopies,
    synAckCopies,
    carriers: PROOF_CARRIERS.filter((_, bit) => (bits & (1 << bit)) !== 0),
    syn,
    synLength,
    synAck: synAck.length === 0 ? null : synAck,
  };
}

/** A whole number below 2^53 in network order. */
function uint(length: number, value: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.floor(value / 256 ** (length - 1 - index)) % 256);
}

function block(bytes: Uint8Array): readonly Uint8Array[] {
  return [uint(2, bytes.length), bytes];
}

function list(entries: readonly Uint8Array[]): readonly Uint8Array[] {
  return [uint(2, entries.length), ...entries];
}

/** Reads fields in network order; past the end it reads zeros. */
class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isGood = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** True when everything was read and no read went past the end. */
  get isDone(): boolean {
    return this.#isGood && this.#at === this.#bytes.length;
  }

  uint(length: number): number {
    return this.bytes(length).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** A copy. */
  bytes(length: number): Uint8Array {
    const from = this.#at;
    this.#isGood &&= length <= this.#bytes.length - from;
    if (length > this.#bytes.length - from) return new Uint8Array(length);
    this.#at += length;
    return this.#bytes.slice(from, this.#at);
  }

  block(): Uint8Array {
    const length = this.uint(2);
    return this.#isGood ? this.bytes(length) : EMPTY;
  }

  list<T>(one: () => T): readonly T[] {
    const count = this.uint(2);
    const entries: T[] = [];
    while (entries.length < count && this.#isGood) entries.push(one());
    return entries;
  }
}
