import type { Connection } from '../connection/connection.ts';
import type { PortState } from '../verdict.ts';
import { errnoName } from '../../transport/errno.ts';
import { formatIcmpReason } from '../../wire/icmp-reason.ts';

/** What a connection says about its port, in the words of `probe`. */
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
  if (ending?.kind === 'unreachable') return { state: 'filtered', reason: formatIcmpReason(ending.type, ending.code) };
  return notes.some((note) => note.kind === 'in' && note.sense === 'syn')
    ? { state: 'open', reason: 'syn' }
    : { state: 'filtered', reason: 'no-response' };
}
