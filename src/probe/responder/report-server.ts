import { concatBytes } from '../../wire/bytes.ts';
import { decodeRequest, encodeHello, encodeReport, type Nonces, readMessage } from './messages.ts';
import type { FarReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';

/** Bytes of requests that are read from one client; more is no request. */
const MOST_BUFFERED = 1024;

/** What one connection asks, and who answers. */
export interface ReportServerParts {
  readonly mac: Mac;
  /** 16 bytes that nobody can guess, of this connection alone. */
  readonly nonce: Uint8Array;
  readonly report: (request: ReportRequest) => FarReport;
}

/** The responder's side of a connection's stream: a greeting, then a report for each request of somebody who has the token. */
export class ReportServer {
  /** True once the client has said what no client says: it is to be reset. */
  isForeign = false;
  /** Whether a report was given. */
  hasReported = false;
  readonly #parts: ReportServerParts;
  #stream: Uint8Array = new Uint8Array(0);

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
    while (!this.isForeign) {
      const message = readMessage(this.#stream);
      if (message === null) break;
      if (message !== 'foreign') this.#stream = this.#stream.slice(message.length);
      const answer = message === 'foreign' ? null : this.#answerTo(message);
      if (answer === null) this.isForeign = true;
      else answers.push(answer);
    }
    if (this.#stream.length > MOST_BUFFERED) this.isForeign = true;
    return concatBytes(answers);
  }

  #answerTo(message: Parameters<typeof decodeRequest>[2]): Uint8Array | null {
    const { mac, nonce, report } = this.#parts;
    const request = decodeRequest(mac, nonce, message);
    if (request === null) return null;
    const nonces: Nonces = { responder: nonce, client: request.nonce };
    this.hasReported = true;
    return encodeReport(mac, nonces, report(request));
  }
}
