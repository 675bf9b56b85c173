import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { ConnectionScript, Connection } from './connection.ts';

/** A part of a script: returns when it wants to be asked again, or null once it is done and the next may begin. */
export type Stage = (connection: Connection, now: Nanos) => Nanos | null;

/** How long the peer's FIN is waited for once ours has left, at least: a server may still be busy. */
const FIN_PATIENCE: Nanos = 500 * NANOS_PER_MS;
/** The shortest time in which a peer says what it thinks of our ACK: resets it, or opens its window. */
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

/** Two round trips after the handshake, in which nothing is said: what comes then answers our ACK. */
export function settled(): Stage {
  return pause(({ pace }) => Math.max(SETTLING, 2 * pace.srtt));
}

/** For so long, whatever comes. */
export function observed(duration: Nanos): Stage {
  return pause(() => duration);
}

/** Sends FIN, and waits for the peer's, which has half a second, or two time-outs, for it. */
export function closed(): Stage {
  let until: Nanos | null = null;
  return (connection, now) => {
    if (until === null) connection.finish();
    until ??= now + Math.max(FIN_PATIENCE, 2 * connection.pace.rto);
    if (connection.state === 'TIME-WAIT') return Infinity;
    return isUnheard(connection) ? Infinity : now < until ? until : null;
  };
}

/** While our FIN is not acknowledged the retransmission timer decides how long to go on. */
function isUnheard({ sent }: Connection): boolean {
  return sent.isWaiting;
}

function pause(duration: (connection: Connection) => Nanos): Stage {
  let until: Nanos | null = null;
  return (connection, now) => {
    until ??= now + duration(connection);
    return now < until ? until : null;
  };
}

/** How to use a connection for one exchange. */
export interface Conversation {
  /** Said as soon as the connection is established; null to say nothing. */
  readonly say: Uint8Array | null;
  /** How long to listen after that, at most, in nanoseconds. */
  readonly listen: Nanos;
  /** True when enough was heard; asked whenever something came. */
  readonly isEnough?: (connection: Connection) => boolean;
  readonly close: 'fin' | 'rst';
}

/**
 * Connects, says something, listens, closes. With `fin` both directions are closed, the peer's as soon as it likes; one that does not close its own within
 * half a second, or two time-outs, is reset.
 */
export function runExchange({ say, listen, isEnough = () => false, close }: Conversation): ConnectionScript {
  const exchange = said(say, listen, (connection) => (isEnough(connection) ? 0 : Infinity));
  return inStages(close === 'rst' ? [established, exchange] : [established, exchange, closed()]);
}

/** Says something and listens: until the moment, asked whenever something came, at which `enough` was heard, until the peer closes, or for `listen` at most. */
export function said(say: Uint8Array | null, listen: Nanos, enough: (connection: Connection, now: Nanos) => Nanos): Stage {
  let until: Nanos | null = null;
  return (connection, now) => {
    if (until === null && say !== null) connection.write(say);
    until ??= now + listen;
    const end = Math.min(until, enough(connection, now));
    return now >= end || connection.state !== 'ESTABLISHED' ? null : end;
  };
}
