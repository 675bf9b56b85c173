import { concatBytes } from '../../wire/bytes.ts';
import { decodeRequest, encodeHello, encodeReport, type Message, type Nonces, readMessage } from './messages.ts';
import type { ResponderReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';

/** Bytes of requests that are read from one client; more is no request. */
const MOST_BUFFERED = 1024;
/** Data of the SYN comes again in the stream, before the first request (RFC 9293, 3.4): whatever it was, it is passed over. */
const MOST_PASSED_OVER = 1500;

/** What one connection asks, and who answers. */
export interface ReportServerParts {
  readonly mac: Mac;
  /** 16 bytes that nobody can guess, of this connection alone. */
  readonly nonce: Uint8Array;
  readonly report: (request: ReportRequest) => ResponderReport;
}

/** The responder's side of a connection's stream: a greeting, then a report for each request of somebody who has the token. */
export class ReportServer {
  /** True once the client has said what no client says: it is to be reset. */
  isForeign = false;
  /** Whether a report was given. */
  hasReported = false;
  readonly #parts: ReportServerParts;
  #stream: Uint8Array = new Uint8Array(0);
  #passedOver = 0;

  constructor(parts: ReportServerParts) {
    this.#parts = parts;
  }

  /** What is said first. */
  hello(): Uint8Array {
    return encodeHello(this.#parts.nonce);
  }

  /** Takes the next bytes of the stream; returns what is to be sent, maybe nothing. */
  take(bytes: Uint8Array): Uint8Array {
    this.#stream = concatBytes([this.#stream, bytes]);
    const answers: Uint8Array[] = [];
    for (let message = this.#next(); message !== null; message = this.#next()) {
      const answer = this.#answerTo(message);
      this.isForeign = answer === null;
      if (answer === null) break;
      answers.push(answer);
    }
    this.isForeign ||= this.#stream.length > MOST_BUFFERED || this.#passedOver > MOST_PASSED_OVER;
    return concatBytes(answers);
  }

  /** The next whole message; null while there is none. */
  #next(): Message | null {
    let message = readMessage(this.#stream);
    while (message === 'foreign' && this.#passedOver <= MOST_PASSED_OVER) {
      this.#passedOver++;
      this.#stream = this.#stream.subarray(1);
      message = readMessage(this.#stream);
    }
    if (message === null || message === 'foreign') return null;
    this.#stream = this.#stream.slice(message.length);
    return message;
  }

  #answerTo(message: Message): Uint8Array | null {
    const { mac, nonce, report } = this.#parts;
    const request = decodeRequest(mac, nonce, message);
    if (request === null) return null;
    const nonces: Nonces = { responder: nonce, client: request.nonce };
    this.hasReported = true;
    return encodeReport(mac, nonces, report(request));
  }
}
