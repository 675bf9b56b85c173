/**
 * What an application does, `afterMs` milliseconds (0 unless given) after its cause. `shutdown` closes the
 * sending half, `close` both.
 */
export type Action =
  | { readonly kind: 'write'; readonly bytes: Uint8Array; readonly afterMs?: number }
  | { readonly kind: 'shutdown' | 'close' | 'reset'; readonly afterMs?: number };

/** One connection as an application handles it. */
export interface ConnectionHandler {
  readonly opened: () => readonly Action[];
  /** Bytes in the order of the stream; `bytes` is a view, valid during the call. */
  readonly received: (bytes: Uint8Array) => readonly Action[];
  /** The peer has closed its half. */
  readonly ended: () => readonly Action[];
}

/** The program on a port: makes a handler for each connection. */
export type Application = () => ConnectionHandler;

const CLOSE: readonly Action[] = [{ kind: 'close' }];
const NOTHING: readonly Action[] = [];

/** Reads, never writes, and closes when the peer does. */
const QUIET: ConnectionHandler = { opened: () => NOTHING, received: () => NOTHING, ended: () => CLOSE };

/** How an application answers. */
export interface AnswerForm {
  /** Milliseconds between request and answer; 0 unless given. */
  readonly thinkMs?: number;
  /** Keeps the connection open afterwards. Unless given: false for HTTP, true for TLS. */
  readonly keepOpen?: boolean;
}

/** Accepts and never writes; closes when the peer does. */
export const mute: Application = () => QUIET;

/** Answers each GET with `size` bytes, header included. */
export function http(size: number, form: AnswerForm = {}): Application {
  const { keepOpen = false, thinkMs = 0 } = form;
  const answer = answerActions(httpAnswer(size, keepOpen), thinkMs, keepOpen);
  return () => {
    let unread = '';
    return {
      ...QUIET,
      received: (bytes) => {
        unread += textOf(bytes);
        const requests = unread.split('\r\n\r\n');
        unread = requests.pop() as string;
        return requests.flatMap((request) => (request.startsWith('GET ') ? answer : CLOSE));
      },
    };
  };
}

/**
 * Answers a ClientHello, even a partial one, with `size` bytes that start like a TLS ServerHello; else
 * closes.
 */
export function tls(size: number, form: AnswerForm = {}): Application {
  const { keepOpen = true, thinkMs = 0 } = form;
  const flight = filler(size);
  // RFC 8446, 5.1: handshake record, legacy version 3.3, length; then a ServerHello.
  const record = Math.min(Math.max(0, size - 5), 0x4000);
  flight.set([0x16, 0x03, 0x03, record >> 8, record & 0xff, 0x02].slice(0, size));
  return onFirst((bytes) => (bytes[0] === 0x16 ? answerActions(flight, thinkMs, keepOpen) : CLOSE));
}

/** Writes first, as SSH and SMTP do. */
export function banner(text: string, afterMs: number = 0): Application {
  return () => ({ ...QUIET, opened: () => [{ kind: 'write', bytes: bytesOf(text), afterMs }] });
}

/** Sends back what it receives. */
export const echo: Application = () => ({ ...QUIET, received: (bytes) => [{ kind: 'write', bytes: bytes.slice() }] });

/** A backend that is gone: resets on accept, or when data arrives. */
export function resets(when: 'accept' | 'data', afterMs: number = 0): Application {
  const reset: readonly Action[] = [{ kind: 'reset', afterMs }];
  return () => (when === 'accept' ? { ...QUIET, opened: () => reset } : { ...QUIET, received: () => reset });
}

function onFirst(answer: (bytes: Uint8Array) => readonly Action[]): Application {
  return () => {
    let answered = false;
    const received = (bytes: Uint8Array): readonly Action[] => {
      const actions = answered ? NOTHING : answer(bytes);
      answered = true;
      return actions;
    };
    return { ...QUIET, received };
  };
}

function answerActions(bytes: Uint8Array, afterMs: number, keepOpen: boolean): readonly Action[] {
  const write: Action = { kind: 'write', bytes, afterMs };
  return keepOpen ? [write] : [write, { kind: 'close', afterMs }];
}

function httpAnswer(size: number, keepOpen: boolean): Uint8Array {
  const header = (length: number): string =>
    `HTTP/1.1 200 OK\r\nConnection: ${keepOpen ? 'keep-alive' : 'close'}\r\nContent-Length: ${length}\r\n\r\n`;
  let body = Math.max(0, size - header(size).length);
  // A shorter length has fewer digits, so the header may shrink by one.
  while (header(body + 1).length + body + 1 <= size) body++;
  const answer = filler(size);
  answer.set(bytesOf(header(body)).subarray(0, size));
  return answer;
}

/** Bytes that differ from their neighbours, so that misplaced data shows. */
function filler(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => 0x21 + ((index * 7 + (index >> 6)) % 94));
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
