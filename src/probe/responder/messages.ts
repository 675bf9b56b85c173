import { concatBytes, readU16, writeU16, writeU32 } from '../../wire/bytes.ts';
import { ByteReader, ByteWriter } from './byte-fields.ts';
import { PROOF_CARRIERS } from './proof.ts';
import { ATTEMPT_FATES, type AttemptReport, type ResponderReport, type ReportRequest } from './report.ts';
import { isSameMac, type Mac, macOf, MacPurpose } from './token-mac.ts';

/** "SYNR" */
const MAGIC = 0x53594e52;
const VERSION = 1;
/** Magic 4, version 1, type 1, length of the body 2. */
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
  return frame(MessageType.hello, nonce, new Uint8Array(0));
}

/**
 * The client's message: its nonce and the request, under a MAC over both nonces. A replayed SYN gets a
 * hello and nothing more.
 */
export function encodeRequest(mac: Mac, nonces: Nonces, request: ReportRequest): Uint8Array {
  const body = new ByteWriter().bytes(nonces.client).u32(request.sinceMs).u16(request.skip).whole();
  return frame(MessageType.request, body, macOf(mac, MacPurpose.request, nonces.responder, body).slice(0, MAC_BYTES));
}

/** The client's nonce and request; null unless the message is a request made with the token. */
export function decodeRequest(
  mac: Mac,
  responderNonce: Uint8Array,
  message: Message,
): (ReportRequest & { readonly nonce: Uint8Array }) | null {
  if (message.type !== MessageType.request || message.body.length !== NONCE_BYTES + REQUEST_BYTES) return null;
  const right = macOf(mac, MacPurpose.request, responderNonce, message.body).slice(0, MAC_BYTES);
  if (!isSameMac(right, message.mac)) return null;
  const reader = new ByteReader(message.body);
  return { nonce: reader.bytes(NONCE_BYTES), sinceMs: reader.u32(), skip: reader.u16() };
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
  const writer = new ByteWriter().u64(report.nowUs).u32(report.upMs).bytes(own).u16(others.length);
  for (const entry of others) writer.bytes(entry);
  const more = report.more + report.others.length - others.length;
  writer.u16(Math.min(more, LARGEST_LENGTH)).u8(report.forgotten ? 1 : 0);
  writer.u16(report.strangers.length);
  for (const { port, ageMs } of report.strangers) writer.u16(port).u32(ageMs);
  writer.u16(report.listening.length);
  for (const [first, last] of report.listening) writer.u16(first).u16(last);
  const body = writer.whole();
  const proof = macOf(mac, MacPurpose.report, nonces.responder, nonces.client, body).slice(0, MAC_BYTES);
  return frame(MessageType.report, body, proof);
}

/** The report; null unless the message is a report made with the token for these nonces. */
export function decodeReport(mac: Mac, nonces: Nonces, message: Message): ResponderReport | null {
  const right = macOf(mac, MacPurpose.report, nonces.responder, nonces.client, message.body).slice(0, MAC_BYTES);
  if (message.type !== MessageType.report || !isSameMac(right, message.mac)) return null;
  const reader = new ByteReader(message.body);
  const nowUs = reader.u64();
  const upMs = reader.u32();
  const own = readAttempt(reader);
  const others = readList(reader, readAttempt);
  const more = reader.u16();
  const forgotten = reader.u8() !== 0;
  const strangers = readList(reader, () => ({ port: reader.u16(), ageMs: reader.u32() }));
  const listening = readList(reader, () => [reader.u16(), reader.u16()] as const);
  return reader.isDone ? { nowUs, upMs, own, others, more, forgotten, strangers, listening } : null;
}

/** The first message of `stream`: null while it is incomplete, `foreign` when it cannot be one. */
export function readMessage(stream: Uint8Array): Message | null | 'foreign' {
  const start = new Uint8Array(HEADER_BYTES);
  writeU32(start, 0, MAGIC);
  start[4] = VERSION;
  for (let index = 0; index < Math.min(stream.length, 5); index++) if (stream[index] !== start[index]) return 'foreign';
  if (stream.length < HEADER_BYTES) return null;
  const type = stream[5] as number;
  const bodyLength = readU16(stream, 6);
  const length = HEADER_BYTES + bodyLength + (type === MessageType.hello ? 0 : MAC_BYTES);
  if (stream.length < length) return null;
  const end = HEADER_BYTES + bodyLength;
  return { type, body: stream.slice(HEADER_BYTES, end), mac: stream.slice(end, length), length };
}

function frame(type: number, body: Uint8Array, mac: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  writeU32(header, 0, MAGIC);
  header[4] = VERSION;
  header[5] = type;
  writeU16(header, 6, body.length);
  return concatBytes([header, body, mac]);
}

function encodeAttempt(attempt: AttemptReport): Uint8Array {
  const carriers = PROOF_CARRIERS.reduce((bits, name, bit) => (attempt.carriers.includes(name) ? bits | (1 << bit) : bits), 0);
  const answeredAfter = attempt.answeredAfterUs === null ? NEVER : Math.min(attempt.answeredAfterUs, NEVER - 1);
  return new ByteWriter()
    .u64(attempt.arrivedUs)
    .u32(answeredAfter)
    .u8(ATTEMPT_FATES.indexOf(attempt.fate))
    .u8(Math.min(attempt.synCopies, 0xff))
    .u8(Math.min(attempt.synAckCopies, 0xff))
    .u8(carriers)
    .u16(Math.min(attempt.synLength, LARGEST_LENGTH))
    .block(attempt.syn)
    .block(attempt.synAck ?? new Uint8Array(0))
    .whole();
}

function readAttempt(reader: ByteReader): AttemptReport {
  const arrivedUs = reader.u64();
  const answeredAfter = reader.u32();
  const fate = ATTEMPT_FATES[reader.u8()] ?? 'answered';
  const synCopies = reader.u8();
  const synAckCopies = reader.u8();
  const bits = reader.u8();
  const synLength = reader.u16();
  const syn = reader.block();
  const synAck = reader.block();
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

function readList<T>(reader: ByteReader, one: (reader: ByteReader) => T): readonly T[] {
  const count = reader.u16();
  const list: T[] = [];
  while (list.length < count && reader.isGood) list.push(one(reader));
  return list;
}
