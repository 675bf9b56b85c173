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
