import type { Nanos } from '../../wire/numbers.ts';
import type { ConnectionScript, Connection } from './connection.ts';
import { closed, established, inStages, type Stage } from './stage.ts';

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
