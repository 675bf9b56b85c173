import { concatBytes } from '../../wire/bytes.ts';
import { decodeReport, encodeRequest, type Message, MessageType, NONCE_BYTES, readMessage } from './messages.ts';
import type { ResponderReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';

/** Why a connection that was established brings no report: whoever answered does not speak like a responder, or has another token. */
export type ExchangeFailure = 'not-a-responder' | 'wrong-token';

/** How the client's side of a connection gets the report. Knows bytes of the stream, no segments: any connection will do. */
export class ReportExchange {
  /** The report, once it has come and proved itself. */
  report: ResponderReport | null = null;
  failure: ExchangeFailure | null = null;
  readonly #mac: Mac;
  readonly #nonce: Uint8Array;
  readonly #request: () => ReportRequest;
  #responderNonce: Uint8Array | null = null;
  #stream: Uint8Array = new Uint8Array(0);

  /** `nonce`: 16 bytes that nobody can guess, of this exchange alone. `request` is called when the responder has greeted, which may take seconds. */
  constructor(mac: Mac, nonce: Uint8Array, request: () => ReportRequest) {
    this.#mac = mac;
    this.#nonce = nonce;
    this.#request = request;
  }

  /** True when nothing more is to be expected: the report is there, or never will be. */
  get isOver(): boolean {
    return this.report !== null || this.failure !== null;
  }

  /** Takes the next bytes of the stream, copies what it keeps, and returns what is to be sent now, or null. */
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
