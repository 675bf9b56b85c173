import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { ConnectionScript, Connection } from './connection.ts';

/** A part of a script. Returns when to call it again, or null once it is done and the next stage begins. */
export type Stage = (connection: Connection, now: Nanos) => Nanos | null;

/** How long the peer's FIN is waited for once ours has left, at least: a server may still be busy. */
const FIN_TIMEOUT: Nanos = 500 * NANOS_PER_MS;
/** The shortest time in which a peer reacts to our ACK: resets the connection, or opens its window. */
const SETTLING: Nanos = 10 * NANOS_PER_MS;

/** One stage after the other; whatever is left open behind the last is reset. */
export function inStages(stages: readonly Stage[]): ConnectionScript {
  let current = 0;
  return (connection, now) => {
    for (; current < stages.length; current++) {
      const due = (stages[current] as Stage)(connection, now);
      if (due !== null) return due;
    }
    if (connection.state !== 'TIME-WAIT') connection.reset(now);
    return Infinity;
  };
}

/** Until the SYN-ACK has been acknowledged. */
export const established: Stage = ({ establishedAt }) => (establishedAt === null ? Infinity : null);

/** Until the SYN-ACK has come, acknowledged or not. */
export const answered: Stage = ({ agreement }) => (agreement === null ? Infinity : null);

/** Two round trips after the handshake without sending: what arrives then answers our ACK. */
export function settled(): Stage {
  return pause(({ pace }) => Math.max(SETTLING, 2 * pace.srtt));
}

/** For so long, whatever comes. */
export function observed(duration: Nanos): Stage {
  return pause(() => duration);
}

/** Sends FIN, and waits half a second, or two time-outs, for the peer's. */
export function closed(): Stage {
  let until: Nanos | null = null;
  return (connection, now) => {
    if (until === null) connection.finish();
    until ??= now + Math.max(FIN_TIMEOUT, 2 * connection.pace.rto);
    // While our FIN is not acknowledged the retransmission timer decides how long to go on.
    if (connection.state === 'TIME-WAIT' || connection.sent.isWaiting) return Infinity;
    return now < until ? until : null;
  };
}

function pause(duration: (connection: Connection) => Nanos): Stage {
  let until: Nanos | null = null;
  return (connection, now) => {
    until ??= now + duration(connection);
    return now < until ? until : null;
  };
}

/** How to use a connection for one exchange. */
export interface Exchange {
  /** Sent as soon as the connection is established; null to send nothing. */
  readonly send: Uint8Array | null;
  /** How long to listen after that at most. */
  readonly listen: Nanos;
  /**
   * With `fin` both directions close; a peer that does not within half a second, or two time-outs, is
   * reset.
   */
  readonly close: 'fin' | 'rst';
}

/** Connects, sends, listens, closes. */
export function runExchange({ send, listen, close }: Exchange): ConnectionScript {
  const exchange = exchanged(send, listen, () => Infinity);
  return inStages(close === 'rst' ? [established, exchange] : [established, exchange, closed()]);
}

/** Sends and listens until `enough` (asked after every event), until the peer closes, or for `listen`. */
export function exchanged(send: Uint8Array | null, listen: Nanos, enough: (connection: Connection, now: Nanos) => Nanos): Stage {
  let until: Nanos | null = null;
  return (connection, now) => {
    if (until === null && send !== null) connection.write(send);
    until ??= now + listen;
    const end = Math.min(until, enough(connection, now));
    return now >= end || connection.state !== 'ESTABLISHED' ? null : end;
  };
}
