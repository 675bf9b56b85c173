import type { Connection } from '../../probe/connection/connection.ts';
import type { PortState } from '../../probe/verdict.ts';
import { errnoName } from '../../transport/errno.ts';
import { formatIcmpReason } from '../../wire/icmp-reason.ts';
import { heard } from './exchange.ts';

/** What a connection says about its port, in the words of `probe`. */
export interface PortVerdict {
  readonly state: PortState;
  readonly reason: string;
}

/** Reads it from the first answer to the SYN. */
export function portVerdict(connection: Connection): PortVerdict {
  const { agreement, ending } = connection;
  if (agreement !== null) return { state: 'open', reason: 'syn-ack' };
  if (ending?.kind === 'refused') return { state: 'closed', reason: 'rst' };
  if (ending?.kind === 'send-error') return { state: 'error', reason: `send-error:${errnoName(ending.errno)}` };
  if (ending?.kind === 'unreachable') return { state: 'filtered', reason: formatIcmpReason(ending.type, ending.code) };
  return heard(connection, 'syn').length > 0 ? { state: 'open', reason: 'syn' } : { state: 'filtered', reason: 'no-response' };
}

/** Who ended a connection: the first FIN or RST that passed. */
export type ClosedBy = 'client-fin' | 'client-rst' | 'server-fin' | 'server-rst';

/** Null for one that was never established, or whose end was not seen. */
export function closedBy(connection: Connection): ClosedBy | null {
  if (connection.agreement === null) return null;
  for (const note of connection.notes) {
    if (note.kind === 'icmp') continue;
    const side = note.kind === 'out' ? 'client' : 'server';
    if (note.sense === 'fin') return `${side}-fin`;
    if (note.sense === 'rst') return `${side}-rst`;
  }
  return null;
}
