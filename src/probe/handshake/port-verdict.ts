import type { Connection } from '../connection/connection.ts';
import type { Ending } from '../connection/connection-state.ts';
import type { PortState } from '../verdict.ts';
import { errnoName } from '../../transport/errno.ts';
import { formatIcmpReason } from '../../wire/icmp.ts';

/** The state of a connection's port, in the words of `probe`. */
export interface PortVerdict {
  readonly state: PortState;
  readonly reason: string;
}

/** Reads it from the first answer to the SYN. */
export function portVerdict(connection: Connection): PortVerdict {
  const { agreement, ending, notes } = connection;
  if (agreement !== null) return { state: 'open', reason: 'syn-ack' };
  if (ending?.kind === 'refused') return { state: 'closed', reason: 'rst' };
  if (ending?.kind === 'send-error') return { state: 'error', reason: `send-error:${errnoName(ending.errno)}` };
  if (ending?.kind === 'unreachable') return unreachable(connection, ending);
  return notes.some((note) => note.kind === 'in' && note.sense === 'syn')
    ? { state: 'open', reason: 'syn' }
    : { state: 'filtered', reason: 'no-response' };
}

/** An unreachable from this host about another host means that the SYN never left. */
function unreachable(
  { tuple }: Connection,
  { from, type, code }: Extract<Ending, { readonly kind: 'unreachable' }>,
): PortVerdict {
  const isOwn = from === tuple.local && tuple.remote !== tuple.local;
  return { state: isOwn ? 'error' : 'filtered', reason: formatIcmpReason(type, code) };
}
