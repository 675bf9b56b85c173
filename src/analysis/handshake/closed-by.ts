import type { Connection } from '../../probe/connection/connection.ts';

/** Who ended a connection: the first FIN or RST that passed; a FIN that nobody hears ends nothing. */
export type ClosedBy = 'client-fin' | 'client-rst' | 'server-fin' | 'server-rst';

/** Null for one that was never established, or whose end was not seen. */
export function closedBy(connection: Connection): ClosedBy | null {
  if (connection.agreement === null) return null;
  if (connection.ending?.kind === 'no-response') return 'client-rst';
  for (const note of connection.notes) {
    if (note.kind === 'icmp') continue;
    const side = note.kind === 'out' ? 'client' : 'server';
    if (note.sense === 'fin') return `${side}-fin`;
    if (note.sense === 'rst') return `${side}-rst`;
  }
  return null;
}
