import type { Address } from '../../wire/address.ts';

/** The states of RFC 9293, 3.3.2, that a client goes through. */
export type TcpState =
  | 'SYN-SENT'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSING'
  | 'TIME-WAIT'
  | 'CLOSE-WAIT'
  | 'LAST-ACK'
  | 'CLOSED';

/** How a connection came to be CLOSED. */
export type Ending =
  /** Both directions closed with FIN. */
  | { readonly kind: 'finished' }
  /** A proven RST in answer to the SYN. */
  | { readonly kind: 'refused' }
  /** A proven RST later on. */
  | { readonly kind: 'reset-by-peer' }
  /** We sent RST, because that was asked for. */
  | { readonly kind: 'reset' }
  /** The last segment was retransmitted and never acknowledged. */
  | { readonly kind: 'no-response' }
  /** An ICMP error reported it, and nothing else arrived before the last retransmission timed out. */
  | { readonly kind: 'unreachable'; readonly from: Address; readonly type: number; readonly code: number }
  /** The SYN could not be sent from this host. */
  | { readonly kind: 'send-error'; readonly errno: number };

/** The state after our FIN has left or is acknowledged, or the peer's has come in its place in the stream. */
const TRANSITIONS: Readonly<Record<'own-fin' | 'own-fin-acknowledged' | 'peer-fin', Partial<Record<TcpState, TcpState>>>> = {
  'own-fin': { ESTABLISHED: 'FIN-WAIT-1', 'CLOSE-WAIT': 'LAST-ACK' },
  'own-fin-acknowledged': { 'FIN-WAIT-1': 'FIN-WAIT-2', CLOSING: 'TIME-WAIT', 'LAST-ACK': 'CLOSED' },
  'peer-fin': { ESTABLISHED: 'CLOSE-WAIT', 'FIN-WAIT-1': 'CLOSING', 'FIN-WAIT-2': 'TIME-WAIT' },
};

/** The state after an event; the same where the event changes nothing. */
export function stateAfter(event: keyof typeof TRANSITIONS, state: TcpState): TcpState {
  return TRANSITIONS[event][state] ?? state;
}

/** Both ends of a connection. */
export interface ConnectionTuple {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
}
