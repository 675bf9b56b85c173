import type { Connection } from '../../probe/connection/connection.ts';
import { heard, milliseconds, synAckOf } from './exchange.ts';

/** How a peer repeated its SYN-ACK. */
export interface SynAckSchedule {
  /** Repetitions of the first. */
  readonly retransmits: number;
  /** Milliseconds between one and the next. */
  readonly intervalsMs: readonly number[];
}

/** Reads it from the capture's stamps; null without a SYN-ACK. */
export function synAckSchedule(connection: Connection): SynAckSchedule | null {
  const first = synAckOf(connection);
  if (first === null) return null;
  const times = [first, ...heard(connection, 'syn-ack-again')].map(({ at }) => at).toSorted((a, b) => a - b);
  const intervalsMs = times.slice(1).map((at, index) => milliseconds(at - (times[index] as number)));
  return { retransmits: intervalsMs.length, intervalsMs };
}
