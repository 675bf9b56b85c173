import { NANOS_PER_MS, type Nanos } from '../../../src/wire/numbers.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import type { Stack } from '../stack.ts';
import type { Application } from './application.ts';

/**
 * How a listening port differs from one on Linux with an Ethernet link, whose program accepts and never
 * writes.
 */
export interface ServerForm {
  readonly application?: Application;
  /** Where this port's stack differs from its host's. */
  readonly stack?: Partial<Stack>;
  /** MTU of the server's link; 1500 unless given. The stack's MSS follows from it. */
  readonly mtu?: number;
  /** Path MTU that the server knows from earlier connections; the link's MTU unless given. */
  readonly pathMtu?: number;
  /** Options of the SYN-ACK, whatever was offered. */
  readonly options?: readonly TcpOption[];
  /** Milliseconds between SYN-ACKs while no ACK arrives; Linux's 1, 2, 4, 8 and 16 s unless given. */
  readonly synAckGapsMs?: readonly number[];
  /** SYN cookies as Linux makes them (net/ipv4/syncookies.c). */
  readonly cookies?: boolean;
  readonly queue?: AcceptQueue;
  /**
   * TCP_DEFER_ACCEPT: until the SYN-ACK has timed out this many times, only data completes the handshake.
   * After a bare ACK the SYN-ACK is repeated at the last of these time-outs alone (tcp_check_req,
   * syn_ack_recalc). Apache on Linux: 5.
   */
  readonly defersAccept?: number;
  /** Loses this many of the bare ACKs that would complete a handshake. */
  readonly losesAcks?: number;
  /**
   * Fast Open (RFC 7413). `cookies-only`: gives cookies but takes no data from a SYN, as when too many
   * connections wait.
   */
  readonly fastOpen?: boolean | 'cookies-only';
  /** The ISN of a connection after `count` others; random unless given. */
  readonly isn?: (count: number, now: Nanos) => number;
  /**
   * Tail loss probes (RFC 8985, 7), as Linux sends them: with SACK and more than one segment in flight, the
   * last segment again after two round trips of silence.
   */
  readonly tailLossProbe?: boolean;
  /** Retransmissions of a segment before the connection is given up; 6 unless given. */
  readonly retries?: number;
}

/** An accept queue that is full (net/ipv4/tcp_ipv4.c, tcp_v4_syn_recv_sock). */
export interface AcceptQueue {
  /** Until this time of the simulation, in milliseconds; forever unless given. */
  readonly fullUntilMs?: number;
  /**
   * Share of new SYNs that are dropped, 0 to 1; 0 unless given. Others are answered, and their ACK is
   * ignored.
   */
  readonly dropsSyns?: number;
  /** Answers the ACK with a reset instead of ignoring it (net.ipv4.tcp_abort_on_overflow). */
  readonly aborts?: boolean;
}

/** True while no connection can be accepted. */
export function isFull(queue: AcceptQueue | undefined, now: Nanos): boolean {
  return queue !== undefined && now < (queue.fullUntilMs ?? Infinity) * NANOS_PER_MS;
}
