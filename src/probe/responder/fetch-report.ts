import type { Nanos } from '../../wire/numbers.ts';
import type { ConnectionScript } from '../connection/connection.ts';
import { closed, established, inStages, type Stage } from '../connection/stage.ts';
import type { ReportExchange } from './report-exchange.ts';

/** First bytes of the responder's stream that a connection must keep: its greeting and one report. */
export const REPORT_STREAM_BYTES = 16_384;

/**
 * Uses a connection to get a report: it stands in `exchange` when the connection is CLOSED, or why it does not. Waits `patience` nanoseconds from one piece of
 * it to the next. The connection's plan needs `keep: REPORT_STREAM_BYTES`, and its SYN a proof.
 */
export function fetchReport(exchange: ReportExchange, patience: Nanos): ConnectionScript {
  return inStages([established, exchanged(exchange, patience), closed()]);
}

function exchanged(exchange: ReportExchange, patience: Nanos): Stage {
  let taken = 0;
  let until: Nanos | null = null;
  return (connection, now) => {
    const { byteCount, firstBytes } = connection.received;
    const isNew = byteCount > taken;
    if (isNew || until === null) until = now + patience;
    const answer = isNew ? exchange.take(firstBytes.subarray(taken)) : null;
    taken = byteCount;
    if (answer !== null) connection.write(answer);
    return exchange.isOver || now >= until || connection.state !== 'ESTABLISHED' ? null : until;
  };
}
