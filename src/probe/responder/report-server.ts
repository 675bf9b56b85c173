import { concatBytes } from '../../wire/bytes.ts';
import { decodeRequest, encodeHello, encodeReport, type Message, readMessage } from './messages.ts';
import type { ResponderReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';

/** Bytes of an incomplete request that are kept; more cannot be a request. */
const MOST_BUFFERED = 1024;
/** Data of the SYN precedes the first request in the stream (RFC 9293, 3.4); this much of it is skipped. */
const MOST_SKIPPED = 1500;

/** What one connection is served with. */
export interface ReportServerParts {
  readonly mac: Mac;
  /** 16 unpredictable bytes, used for this connection alone. */
  readonly nonce: Uint8Array;
  readonly report: (request: ReportRequest) => ResponderReport;
}

/** What a piece of the client's stream led to. */
export interface ReportTurn {
  /** Bytes to send, possibly none. */
  readonly answer: Uint8Array;
  /** Whether they contain a report. */
  readonly hasReport: boolean;
  /** True when the bytes cannot be a client's: the connection is to be reset. */
  readonly isForeign: boolean;
}

/** The responder's side of a stream: a greeting, then a report for each request made with the token. */
export class ReportServer {
  readonly #parts: ReportServerParts;
  #stream: Uint8Array = new Uint8Array(0);
  #skipped = 0;

  constructor(parts: ReportServerParts) {
    this.#parts = parts;
  }

  /** The first bytes to send. */
  hello(): Uint8Array {
    return encodeHello(this.#parts.nonce);
  }

  /** Takes the next bytes of the client's stream. */
  take(bytes: Uint8Array): ReportTurn {
    this.#stream = concatBytes([this.#stream, bytes]);
    const { mac, nonce, report } = this.#parts;
    const reports: Uint8Array[] = [];
    let isRefused = false;
    for (let message = this.#next(); message !== null && !isRefused; message = this.#next()) {
      const request = decodeRequest(mac, nonce, message);
      isRefused = request === null;
      if (request !== null) reports.push(encodeReport(mac, { responder: nonce, client: request.nonce }, report(request)));
    }
    return {
      answer: concatBytes(reports),
      hasReport: reports.length > 0,
      isForeign: isRefused || this.#stream.length > MOST_BUFFERED || this.#skipped > MOST_SKIPPED,
    };
  }

  /** The next whole message; null while there is none. */
  #next(): Message | null {
    let message = readMessage(this.#stream);
    while (message === 'foreign' && this.#skipped <= MOST_SKIPPED) {
      this.#skipped++;
      this.#stream = this.#stream.subarray(1);
      message = readMessage(this.#stream);
    }
    if (message === null || message === 'foreign') return null;
    this.#stream = this.#stream.slice(message.length);
    return message;
  }
}
