import { concatBytes } from '../../wire/bytes.ts';
import { decodeReport, encodeRequest, type Message, MessageType, NONCE_BYTES, readMessage } from './messages.ts';
import type { ResponderReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { ConnectionScript } from '../connection/connection.ts';
import { closed, established, inStages, type Stage } from '../connection/stage.ts';

/** Why an established connection brings no report: the server is no responder, or its token differs. */
export type ExchangeFailure = 'not-a-responder' | 'wrong-token';

/** The client's side of fetching a report. Works on the stream's bytes alone, over any connection. */
export class ReportExchange {
  /** The report, once it has arrived and proved authentic. */
  report: ResponderReport | null = null;
  failure: ExchangeFailure | null = null;
  readonly #mac: Mac;
  readonly #nonce: Uint8Array;
  readonly #request: () => ReportRequest;
  #responderNonce: Uint8Array | null = null;
  #stream: Uint8Array = new Uint8Array(0);

  /**
   * `nonce`: 16 unpredictable bytes, used for this exchange alone. `request` is called at the responder's
   * greeting, which may take seconds.
   */
  constructor(mac: Mac, nonce: Uint8Array, request: () => ReportRequest) {
    this.#mac = mac;
    this.#nonce = nonce;
    this.#request = request;
  }

  /** True when nothing more is expected. */
  get isOver(): boolean {
    return this.report !== null || this.failure !== null;
  }

  /** Takes the next bytes of the stream, which are copied; returns the bytes to send now, or null. */
  take(bytes: Uint8Array): Uint8Array | null {
    if (this.isOver) return null;
    this.#stream = concatBytes([this.#stream, bytes]);
    const message = readMessage(this.#stream);
    if (message === null) return null;
    if (message === 'foreign') return this.#fail('not-a-responder');
    this.#stream = this.#stream.slice(message.length);
    return this.#responderNonce === null ? this.#greet(message) : this.#read(message, this.#responderNonce);
  }

  #greet({ type, body }: Message): Uint8Array | null {
    if (type !== MessageType.hello || body.length !== NONCE_BYTES) return this.#fail('not-a-responder');
    this.#responderNonce = body;
    return encodeRequest(this.#mac, { responder: body, client: this.#nonce }, this.#request());
  }

  #read(message: Message, responder: Uint8Array): null {
    this.report = decodeReport(this.#mac, { responder, client: this.#nonce }, message);
    return this.report === null ? this.#fail('wrong-token') : null;
  }

  #fail(failure: ExchangeFailure): null {
    this.failure = failure;
    return null;
  }
}

/** Bytes of the responder's stream that a connection must keep: its greeting and one report. */
export const REPORT_STREAM_BYTES = 16_384;

/**
 * Fetches a report over a connection; `exchange` has the result when the connection is CLOSED. Waits
 * `timeout` nanoseconds between one piece and the next. The connection needs `keep: REPORT_STREAM_BYTES`,
 * and a SYN with a proof.
 */
export function fetchReport(exchange: ReportExchange, timeout: Nanos): ConnectionScript {
  return inStages([established, exchanged(exchange, timeout), closed()]);
}

function exchanged(exchange: ReportExchange, timeout: Nanos): Stage {
  let taken = 0;
  let until: Nanos | null = null;
  return (connection, now) => {
    const { byteCount, firstBytes } = connection.received;
    const isNew = byteCount > taken;
    if (isNew || until === null) until = now + timeout;
    const answer = isNew ? exchange.take(firstBytes.subarray(taken)) : null;
    taken = byteCount;
    if (answer !== null) connection.write(answer);
    return exchange.isOver || now >= until || connection.state !== 'ESTABLISHED' ? null : until;
  };
}
