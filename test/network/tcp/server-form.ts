import { NANOS_PER_MS, type Nanos } from '../../../src/wire/numbers.ts';
import type { TcpOption } from '../../../src/wire/decoded.ts';
import type { Stack } from '../stack.ts';
import type { Application } from './application.ts';

/** How a listening port differs from one of Linux behind an Ethernet link, whose program accepts and says nothing. */
export interface ServerForm {
  readonly application?: Application;
  /** Where this port's stack differs from its host's. */
  readonly stack?: Partial<Stack>;
  /** Bytes of the largest packet on the server's link; 1500 unless given. The stack's MSS follows from it. */
  readonly mtu?: number;
  /** Bytes of the largest packet on the path as the server knows from earlier connections; the link's unless given. */
  readonly pathMtu?: number;
  /** Options of the SYN-ACK, whatever was offered. */
  readonly options?: readonly TcpOption[];
  /** Milliseconds between a SYN-ACK and the next one while no ACK comes; Linux' 1, 2, 4, 8 and 16 s unless given. */
  readonly synAckGapsMs?: readonly number[];
  /** Keeps nothing of a SYN: SYN cookies as Linux makes them (net/ipv4/syncookies.c). */
  readonly cookies?: boolean;
  readonly queue?: AcceptQueue;
  /**
   * TCP_DEFER_ACCEPT: until the SYN-ACK has timed out so many times, a bare ACK opens nothing, data does; the SYN-ACK rests meanwhile, and
   * comes again at the last of these time-outs (tcp_check_req, syn_ack_recalc). Apache on Linux: 5.
   */
  readonly defersAccept?: number;
  /** So many bare ACKs that would complete a handshake are never seen. */
  readonly losesAcks?: number;
  /** Gives Fast Open cookies and takes data in a SYN that carries the right one (RFC 7413), or never takes any, as when too many wait. */
  readonly fastOpen?: boolean | 'cookies-only';
  /** The ISN of the connection that comes after `count` others; random unless given. */
  readonly isn?: (count: number, now: Nanos) => number;
  /**
   * Sends the last segment again after two round trips of silence, before the time-out, where SACK is agreed and more than one segment is
   * in flight: a tail loss probe (RFC 8985, 7), which Linux does.
   */
  readonly tailLossProbe?: boolean;
  /** Times that a segment is sent again before the connection is given up; 6 unless given. */
  readonly retries?: number;
}

/** An accept queue that is full (net/ipv4/tcp_ipv4.c, tcp_v4_syn_recv_sock). */
export interface AcceptQueue {
  /** Until this time of the simulation, in milliseconds; for ever unless given. */
  readonly fullUntilMs?: number;
  /** Share of new SYNs that are dropped, 0 to 1; 0 unless given. Those that are not are answered, and their ACK is ignored. */
  readonly dropsSyns?: number;
  /** Answers the ACK with a reset instead of ignoring it (net.ipv4.tcp_abort_on_overflow). */
  readonly aborts?: boolean;
}

/** True while no connection can be accepted. */
export function isFull(queue: AcceptQueue | undefined, now: Nanos): boolean {
  return queue !== undefined && now < (queue.fullUntilMs ?? Infinity) * NANOS_PER_MS;
}
