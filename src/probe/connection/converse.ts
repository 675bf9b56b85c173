import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { Conduct, Connection } from './connection.ts';

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

/** How long the peer's FIN is waited for once ours was acknowledged, at least: a server may still be busy. */
const FIN_PATIENCE: Nanos = 500 * NANOS_PER_MS;

/**
 * Connects, says something, listens, closes. With `fin` both directions are closed, the peer's as soon as it likes; one that does not close its own within
 * half a second, or two time-outs, is reset.
 */
export function converse({ say, listen, isEnough = () => false, close }: Conversation): Conduct {
  let listenUntil: Nanos | null = null;
  const leave = close === 'rst' ? resetNow : closeGracefully();
  return (connection, now) => {
    if (connection.establishedAt === null) return Infinity;
    if (listenUntil === null) {
      if (say !== null) connection.write(say);
      listenUntil = now + listen;
    }
    const isOver = now >= listenUntil || connection.state !== 'ESTABLISHED' || isEnough(connection);
    return isOver ? leave(connection, now) : listenUntil;
  };
}

function resetNow(connection: Connection, now: Nanos): Nanos {
  connection.reset(now);
  return Infinity;
}

/** Sends FIN, waits for the peer's, and resets when it does not come. */
export function closeGracefully(): Conduct {
  let until: Nanos | null = null;
  return (connection, now) => {
    if (until === null) connection.finish();
    until ??= now + Math.max(FIN_PATIENCE, 2 * connection.pace.rto);
    if (connection.state === 'TIME-WAIT') return Infinity;
    if (now < until) return until;
    return resetNow(connection, now);
  };
}
