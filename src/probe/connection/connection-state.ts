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
  /** How a connection came to be CLOSED. */
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

/** States in which the handshake is complete and the connection not yet over. */
export function isSynchronized(state: TcpState): boolean {
  return state !== 'SYN-SENT' && state !== 'CLOSED';
}

/** The state after our FIN has left. */
export function afterOwnFin(state: TcpState): TcpState {
  if (state === 'ESTABLISHED') return 'FIN-WAIT-1';
  return state === 'CLOSE-WAIT' ? 'LAST-ACK' : state;
}

/** The state after our FIN has been acknowledged. */
export function afterOwnFinAcknowledged(state: TcpState): TcpState {
  if (state === 'FIN-WAIT-1') return 'FIN-WAIT-2';
  if (state === 'CLOSING') return 'TIME-WAIT';
  return state === 'LAST-ACK' ? 'CLOSED' : state;
}

/** The state after the peer's FIN has come in its place in the stream. */
export function afterPeerFin(state: TcpState): TcpState {
  if (state === 'ESTABLISHED') return 'CLOSE-WAIT';
  if (state === 'FIN-WAIT-1') return 'CLOSING';
  return state === 'FIN-WAIT-2' ? 'TIME-WAIT' : state;
}

/** Both ends of a connection. */
export interface ConnectionTuple {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
}
