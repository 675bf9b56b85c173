import { decodeReport, encodeRequest, MessageType, NONCE_BYTES, readMessage } from './messages.ts';
import type { ResponderReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { ConnectionScript } from '../connection/connection.ts';
import { closed, established, inStages, type Stage } from '../connection/stage.ts';

/** Why there will be no report: the server is no responder, or its token differs. */
export type ExchangeFailure = 'not-a-responder' | 'wrong-token';

/** What the responder's stream brought so far. */
export interface ExchangeReading {
  /** The nonce of the greeting; null before it. */
  readonly responderNonce: Uint8Array | null;
  readonly report: ResponderReport | null;
  readonly failure: ExchangeFailure | null;
}

/** The client's side of one exchange. */
export interface ReportExchange {
  readonly mac: Mac;
  /** 16 unpredictable bytes, used for this exchange alone. */
  readonly nonce: Uint8Array;
}

/** Bytes of the responder's stream that a connection must keep: its greeting and one report. */
export const REPORT_STREAM_BYTES = 16_384;
/** How long a piece of the stream is waited for. */
export const REPORT_TIMEOUT: Nanos = 3 * NANOS_PER_SECOND;

const NOTHING: ExchangeReading = { responderNonce: null, report: null, failure: null };

/** Reads the responder's stream from its beginning. */
export function readExchange({ mac, nonce }: ReportExchange, stream: Uint8Array): ExchangeReading {
  const hello = readMessage(stream);
  if (hello === null) return NOTHING;
  if (hello === 'foreign' || hello.type !== MessageType.hello || hello.body.length !== NONCE_BYTES)
    return { ...NOTHING, failure: 'not-a-responder' };
  const responderNonce = hello.body;
  const message = readMessage(stream.subarray(hello.length));
  if (message === null || message === 'foreign')
    return { ...NOTHING, responderNonce, failure: message === null ? null : 'not-a-responder' };
  const report = decodeReport(mac, { responder: responderNonce, client: nonce }, message);
  return { responderNonce, report, failure: report === null ? 'wrong-token' : null };
}

/**
 * Fetches a report over a connection with `keep: REPORT_STREAM_BYTES` and a SYN with a proof; `readExchange`
 * finds it in the stream. `request` is called at the responder's greeting, which may take seconds.
 */
export function fetchReport(exchange: ReportExchange, request: () => ReportRequest): ConnectionScript {
  return inStages([established, exchanged(exchange, request), closed()]);
}

function exchanged(exchange: ReportExchange, request: () => ReportRequest): Stage {
  let taken = 0;
  let until: Nanos | null = null;
  let hasAsked = false;
  return (connection, now) => {
    const { byteCount, firstBytes } = connection.received;
    if (byteCount > taken || until === null) until = now + REPORT_TIMEOUT;
    taken = byteCount;
    const { responderNonce, report, failure } = readExchange(exchange, firstBytes);
    if (responderNonce !== null && !hasAsked) {
      connection.write(encodeRequest(exchange.mac, { responder: responderNonce, client: exchange.nonce }, request()));
      hasAsked = true;
    }
    const isOver = report !== null || failure !== null;
    return isOver || now >= until || connection.state !== 'ESTABLISHED' ? null : until;
  };
}
