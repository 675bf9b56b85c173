import type { SendBatch } from '../../transport/transport.ts';
import { type Address, formatAddress } from '../../wire/address.ts';
import { NANOS_PER_SECOND, type Nanos, seq } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { tcpFlags } from '../../wire/tcp.ts';
import { IPV4_HEADER_BYTES } from '../../wire/ipv4.ts';
import type { SessionStats } from '../scan/session-plan.ts';
import type { DrivenSession } from '../session/driven-session.ts';
import { TransmitQueue, type Posted } from '../session/transmit-queue.ts';
import { Connection, type ConnectionSpec } from './connection.ts';
import { decodedCopy } from './segment-log.ts';

/** A connection to begin; the session has the transmit queue. */
export type ConnectionRequest = Omit<ConnectionSpec, 'transmitQueue'>;

/**
 * Yields connections to hold side by side, and resumes once all of them are CLOSED; `return()` ends it
 * early.
 */
export type ConnectionPlan = Generator<readonly ConnectionRequest[], void, readonly Connection[]>;

/** What a session works on. */
export interface ConnectionSessionPlan {
  /** Begun in this order, `atOnce` of them side by side. */
  readonly connectionPlans: Iterable<ConnectionPlan>;
  readonly atOnce: number;
}

/** How long late packets of a closed connection are still answered; on most paths they live shorter. */
const MEMORY: Nanos = 3 * NANOS_PER_SECOND;

/** Connections that are held side by side. */
interface Active {
  readonly connectionPlan: ConnectionPlan;
  readonly connections: readonly Connection[];
}

/** SYNs posted, and segments and ICMP errors on our tuples: those that proved themselves, and the others. */
type ConnectionStats = Pick<SessionStats, 'probesSent' | 'repliesReceived' | 'repliesRejected'>;

const ICMP_REDIRECT = 5;

/** Holds connections in user space; each gets the packets of its tuple and the ICMP errors that quote it. */
export class ConnectionSession implements DrivenSession {
  readonly #transmitQueue = new TransmitQueue();
  readonly #view = new PacketView();
  readonly #connectionPlans: Iterator<ConnectionPlan>;
  readonly #atOnce: number;
  readonly #byTuple: Map<string, Connection> = new Map();
  readonly #sourcePorts: Set<number> = new Set();
  #active: readonly Active[] = [];
  #hasMore = true;
  #stopped = false;
  #now: Nanos = 0;
  /** Closed connections, and until when they are still remembered. */
  #retired: readonly { readonly connection: Connection; readonly until: Nanos }[] = [];
  /** Of forgotten connections, and of errors that belonged to none. */
  readonly #totals: ConnectionStats = { probesSent: 0, repliesReceived: 0, repliesRejected: 0 };

  constructor({ connectionPlans, atOnce }: ConnectionSessionPlan) {
    this.#connectionPlans = connectionPlans[Symbol.iterator]();
    this.#atOnce = atOnce;
  }

  get finished(): boolean {
    return this.#stopped || (!this.#hasMore && this.#active.length === 0 && this.#transmitQueue.size === 0);
  }

  get stats(): ConnectionStats {
    const stats = { ...this.#totals };
    for (const connection of this.#byTuple.values()) addTo(connection, stats);
    return stats;
  }

  poll(now: Nanos, batch: SendBatch): Nanos {
    this.#now = now;
    batch.count = 0;
    return this.finished ? Infinity : Math.min(this.#turn(now), this.#transmitQueue.fill(now, batch));
  }

  flushed(now: Nanos, batch: SendBatch): Nanos {
    const { errors, count } = batch;
    const next = this.#transmitQueue.flushed(now, batch);
    // A SYN that the kernel refused is a reason to look at its connection at once.
    return errors.subarray(0, count).some((errno) => errno !== 0) ? Math.min(next, now) : next;
  }

  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    const view = this.#view;
    if (!view.load(bytes, offset, length)) return;
    if (!view.isTcp) return this.#receiveError(bytes, offset, length, at);
    if (this.#sourcePorts.has(view.sourcePort) && this.#transmitQueue.stamp(bytes, offset, length, at)) return;
    const connection = this.#byTuple.get(tupleOf(view.source, view.sourcePort, view.destinationPort));
    if (connection === undefined) return;
    const packet = decodedCopy(bytes, offset, length);
    if (packet?.tcp === undefined || packet.tcp === null) return;
    const end = offset + view.packetLength;
    const start = Math.min(end, offset + packet.ip.headerLength + packet.tcp.header.headerLength);
    connection.receive({ at, packet, segment: packet.tcp, length: view.payloadLength, payload: bytes.subarray(start, end) });
  }

  noteDrops(): void {
    // A connection sends again what was lost, here as anywhere else.
  }

  /** Resets what is not closed, and ends all connection plans. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#transmitQueue.withdraw((posted) => !isReset(posted));
    for (const connection of this.#byTuple.values()) connection.abandon(this.#now);
    for (const { connectionPlan } of this.#active) connectionPlan.return();
    this.#active = [];
  }

  drainOnClose(batch: SendBatch): void {
    this.#transmitQueue.fill(Infinity, batch);
  }

  #turn(now: Nanos): Nanos {
    this.#forget(now);
    for (;;) {
      this.#beginMore();
      let due = Infinity;
      for (const { connections } of this.#active) for (const one of connections) due = Math.min(due, one.poll(now));
      const over = this.#active.filter(({ connections }) => connections.every(({ state }) => state === 'CLOSED'));
      if (over.length === 0) return due;
      this.#active = this.#active.flatMap((active) => (over.includes(active) ? this.#advance(active) : [active]));
    }
  }

  #beginMore(): void {
    while (this.#hasMore && this.#active.length < this.#atOnce) {
      const next = this.#connectionPlans.next();
      if (next.done === true) this.#hasMore = false;
      else this.#active = [...this.#active, ...this.#advance({ connectionPlan: next.value, connections: [] })];
    }
  }

  /** Goes on with a plan whose connections are CLOSED. */
  #advance({ connectionPlan, connections }: Active): readonly Active[] {
    const next = connectionPlan.next(connections);
    const until = this.#now + MEMORY;
    this.#retired = [...this.#retired, ...connections.map((connection) => ({ connection, until }))];
    return next.done === true ? [] : [{ connectionPlan, connections: next.value.map((request) => this.#open(request)) }];
  }

  #open(request: ConnectionRequest): Connection {
    const connection = new Connection({ ...request, transmitQueue: this.#transmitQueue });
    const key = keyOf(connection);
    const former = this.#byTuple.get(key);
    if (former !== undefined) this.#remove(former);
    this.#sourcePorts.add(connection.tuple.localPort);
    this.#byTuple.set(key, connection);
    return connection;
  }

  /** Keeps memory proportional to the connections in use, however many a run makes. */
  #forget(now: Nanos): void {
    for (const { connection, until } of this.#retired) if (until <= now) this.#remove(connection);
    this.#retired = this.#retired.filter(({ until }) => until > now);
  }

  #remove(connection: Connection): void {
    const key = keyOf(connection);
    if (this.#byTuple.get(key) !== connection) return;
    addTo(connection, this.#totals);
    this.#byTuple.delete(key);
  }

  #receiveError(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    const view = this.#view;
    if (view.icmpType === ICMP_REDIRECT) return;
    const packet = decodedCopy(bytes, offset, length);
    if (packet === null || packet.icmp === null) return;
    const message = packet.icmp;
    const error = { at, packet, message, quotedSeq: seq(view.quoteSeq), quotedLength: message.quote?.ip.totalLength ?? 0 };
    const known = this.#quoted();
    if (known.length > 0 && !known.some((connection) => connection.receiveError(error))) this.#totals.repliesRejected++;
  }

  /** Those that an error may quote: that of the tuple, else any to that address: a NAT may leave its port. */
  #quoted(): readonly Connection[] {
    const view = this.#view;
    const exact = this.#byTuple.get(tupleOf(view.quoteDestination, view.quoteDestinationPort, view.quoteSourcePort));
    if (exact !== undefined) return [exact];
    return [...this.#byTuple.values()].filter(({ tuple: { local, remote, remotePort } }) => {
      const isThere = remote === view.quoteDestination && remotePort === view.quoteDestinationPort;
      return isThere && local !== view.quoteSource;
    });
  }
}

function addTo({ notes, synCount }: Connection, into: ConnectionStats): void {
  const heard = notes.filter(({ kind }) => kind !== 'out');
  const doubted = heard.filter((note) => note.kind === 'in' && note.sense === 'not-believed').length;
  into.probesSent += synCount;
  into.repliesReceived += heard.length - doubted;
  into.repliesRejected += doubted;
}

function keyOf({ tuple }: Connection): string {
  return tupleOf(tuple.remote, tuple.remotePort, tuple.localPort);
}

function tupleOf(remote: Address, remotePort: number, localPort: number): string {
  return `${formatAddress(remote)}:${remotePort}:${localPort}`;
}

function isReset({ bytes }: Posted): boolean {
  return (tcpFlags(bytes, IPV4_HEADER_BYTES) & TcpFlag.RST) !== 0;
}
