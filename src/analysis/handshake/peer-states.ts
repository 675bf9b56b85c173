import type { TcpState } from '../../probe/connection/connection-state.ts';
import type { ConnectionNote, SegmentNote } from '../../probe/connection/segment-note.ts';

/** The server's states, as far as a client can tell. */
export type PeerState = Exclude<TcpState, 'SYN-SENT'> | 'SYN-RECEIVED';

type Next = Readonly<Partial<Record<PeerState, PeerState>>>;

/** The server acknowledges our FIN. */
const AFTER_OUR_FIN: Next = { ESTABLISHED: 'CLOSE-WAIT', 'FIN-WAIT-1': 'CLOSING', 'FIN-WAIT-2': 'TIME-WAIT' };
/** The server sends its FIN; with Fast Open before our ACK. */
const AFTER_ITS_FIN: Next = { 'SYN-RECEIVED': 'FIN-WAIT-1', ESTABLISHED: 'FIN-WAIT-1', 'CLOSE-WAIT': 'LAST-ACK' };
/** An ACK of ours has left, and an ACK of the server's FIN. */
const AFTER_OUR_ACK: Next = { 'SYN-RECEIVED': 'ESTABLISHED' };
const AFTER_ACK_OF_FIN: Next = { 'FIN-WAIT-1': 'FIN-WAIT-2', CLOSING: 'TIME-WAIT', 'LAST-ACK': 'CLOSED' };

/**
 * The server's state after each note, in the order of time. What it does at a packet of ours shows only in
 * what it sends next; null before anything arrived. An ACK is taken to arrive until a repeated SYN-ACK comes.
 */
export function peerStates(notes: readonly ConnectionNote[]): readonly (PeerState | null)[] {
  const server = new Server();
  return notes.map((note) => {
    if (note.kind === 'out') server.hears(note);
    else if (note.kind === 'in') server.says(note);
    return server.state;
  });
}

class Server {
  state: PeerState | null = null;
  /** The acknowledgment numbers of our FIN and of the server's. */
  #ourFinEnd = Infinity;
  #itsFinEnd = Infinity;

  hears({ sense, seq, ack, length }: SegmentNote): void {
    if (sense !== 'rst') this.#enter(AFTER_OUR_ACK);
    else if (this.state !== null) this.state = 'CLOSED';
    if (sense === 'fin' && seq !== null) this.#ourFinEnd = seq + length + 1;
    if (ack !== null && ack >= this.#itsFinEnd) this.#enter(AFTER_ACK_OF_FIN);
  }

  says({ sense, seq, ack, length }: SegmentNote): void {
    if (sense === 'rst') this.state = 'CLOSED';
    else if (sense === 'syn-ack' || (sense === 'syn-ack-again' && this.state === 'ESTABLISHED')) this.state = 'SYN-RECEIVED';
    if (ack !== null && ack >= this.#ourFinEnd) {
      this.#enter(AFTER_OUR_FIN);
      this.#ourFinEnd = Infinity;
    }
    if (sense !== 'fin') return;
    this.#enter(AFTER_ITS_FIN);
    this.#itsFinEnd = (seq ?? 0) + length + 1;
  }

  #enter(next: Next): void {
    if (this.state !== null) this.state = next[this.state] ?? this.state;
  }
}
