import type { SendBatch } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { readU16, readU32 } from '../../wire/bytes.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import { decodePacket } from '../../wire/packet.ts';
import { PacketView } from '../../wire/packet-view.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { hasRightTcpChecksum } from '../../wire/tcp.ts';
import type { DrivenSession } from '../session/driven-session.ts';
import { TransmitQueue } from '../session/transmit-queue.ts';
import { ResponderReporter } from './responder-reporter.ts';
import { type Proof, ProofBook } from './proof.ts';
import { NONCE_BYTES } from './messages.ts';
import type { AttemptFate, ReportRequest, ResponderReport } from './report.ts';
import { ReportServer } from './report-server.ts';
import type { Attempt, ResponderPlan, ResponderStats } from './responder-plan.ts';
import { type ConnectionParts, type Received, ServerConnection } from './server-connection.ts';
import type { DecodedSyn } from './syn-ack.ts';
import { TokenBucket } from './token-bucket.ts';

const { SYN, ACK, RST } = TcpFlag;
/** SYN-ACKs a second, without retransmissions. */
const MOST_ANSWERS = 1000;
/** More than an exchange of three messages takes on any path. */
const ENOUGH_TIME: Nanos = 5 * NANOS_PER_SECOND;
/** Connections at once, half-open ones included. */
const MOST_CONNECTIONS = 256;
/** The MTU assumed when the kernel has no route to the client. */
const ETHERNET_MTU = 1500;

/** A connection and the server of its stream. */
interface Served {
  readonly attempt: Attempt;
  readonly connection: ServerConnection;
  readonly server: ReportServer;
}

/**
 * The responder: answers SYNs that carry a proof of the token, and reports over the connection what arrived
 * and what left. It is silent to all others, and remembers only when they last reached each port. Its memory
 * is bounded.
 */
export class ResponderSession implements DrivenSession {
  readonly stats: ResponderStats = { attempts: 0, answered: 0, reported: 0, strangers: 0, rateLimited: 0, slotsOff: 0 };
  finished = false;
  readonly #plan: ResponderPlan;
  readonly #proofs: ProofBook;
  readonly #reporter: ResponderReporter;
  readonly #transmitQueue: TransmitQueue = new TransmitQueue();
  readonly #bucket: TokenBucket = new TokenBucket(MOST_ANSWERS);
  readonly #served: Map<string, Served> = new Map();
  readonly #view: PacketView = new PacketView();
  readonly #isListening: Uint8Array = new Uint8Array(65_536);
  readonly #parts: ConnectionParts;
  readonly #tsvalBase: number;
  /** Wall clock at the transport's zero, in epoch milliseconds; read at each poll. */
  #epochMs = Number.NaN;
  #now: Nanos = 0;
  #concluded = 0;
  #leaving = false;

  constructor(plan: ResponderPlan) {
    this.#plan = plan;
    this.#proofs = new ProofBook(plan.mac);
    this.#reporter = new ResponderReporter(plan.ports);
    this.#tsvalBase = readU32(plan.random(4), 0);
    this.#parts = {
      transmitQueue: this.#transmitQueue,
      nextIpId: () => this.#nextIpId(),
      tsvalAt: (now) => this.#tsvalAt(now),
    };
    for (const port of plan.ports) this.#isListening[port] = 1;
  }

  poll(now: Nanos, batch: SendBatch): Nanos {
    batch.count = 0;
    if (this.finished) return Infinity;
    this.#readClock(now);
    let next = this.#plan.endAt;
    for (const [key, served] of this.#served) {
      served.connection.tick(now);
      this.#settle(key, served);
      next = Math.min(next, served.connection.deadline);
    }
    this.finished = now >= this.#plan.endAt || this.#concluded >= this.#plan.endAfter;
    return Math.min(next, this.#transmitQueue.fill(now, batch));
  }

  flushed(now: Nanos, batch: SendBatch): Nanos {
    return this.#transmitQueue.flushed(now, batch);
  }

  noteDrops(): void {
    // A client retransmits a SYN that the capture lost.
  }

  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    const view = this.#view;
    if (this.finished || !view.load(bytes, offset, length) || !view.isTcp) return;
    if (this.#isOurs(view.sourcePort, view.source) && this.#transmitQueue.stamp(bytes, offset, length, at)) return;
    if (!this.#isOurs(view.destinationPort, view.destination)) return;
    if (Number.isNaN(this.#epochMs)) this.#readClock(at);
    this.#now = Math.max(this.#now, at);
    const packet = bytes.subarray(offset, offset + view.packetLength);
    if ((view.flags & (SYN | ACK | RST)) === SYN) this.#receiveSyn(packet, at);
    else this.#receiveSegment(packet, at);
  }

  stop(): void {
    this.finished = true;
  }

  drainOnClose(batch: SendBatch): void {
    if (!this.#leaving) {
      this.#leaving = true;
      this.#transmitQueue.clear();
      for (const served of this.#served.values()) {
        served.connection.abort();
        this.#conclude(served);
      }
      this.#served.clear();
    }
    this.#transmitQueue.fill(Infinity, batch);
  }

  #isOurs(port: number, address: Address): boolean {
    return this.#isListening[port] === 1 && this.#plan.routes.isLocal(address);
  }

  #receiveSegment(packet: Uint8Array, at: Nanos): void {
    const key = this.#key();
    const served = this.#served.get(key);
    const decoded = served === undefined ? null : decodePacket(packet);
    if (served === undefined || decoded === null || !decoded.ok || decoded.value.tcp === null) return;
    const received = served.connection.receive(decoded.value.tcp, at);
    if (received !== null) this.#exchange(served, received, at);
    this.#settle(key, served);
  }

  /** Answers what a segment brought: the greeting once established, reports for requests. */
  #exchange({ attempt, connection, server }: Served, { isEstablished, data }: Received, at: Nanos): void {
    if (isEstablished) {
      attempt.fate = 'established';
      connection.send(server.hello());
    }
    const turn = data.length === 0 ? null : server.take(data);
    if (turn?.hasReport === true) attempt.fate = 'reported';
    if (turn !== null) connection.send(turn.answer);
    connection.transmit(at);
    if (turn?.isForeign === true) connection.abort();
  }

  #receiveSyn(packet: Uint8Array, at: Nanos): void {
    const decoded = decodePacket(packet);
    if (!decoded.ok || decoded.value.tcp === null) return;
    const { ip, tcp } = decoded.value;
    const syn = { ip, header: tcp.header };
    const proof = this.#proofs.proofOf({ ...syn.header, payload: tcp.payload }, this.#epochAt(at));
    if (proof === null) {
      this.stats.strangers++;
      this.#reporter.noteStranger(this.#view.destinationPort, at);
      return;
    }
    const key = this.#key();
    const known = this.#served.get(key);
    if (known?.connection.beganWith(syn.header.seq) === true) {
      known.attempt.synCopies++;
      known.connection.repeat(at);
      return;
    }
    if (known !== undefined) this.#drop(key, known);
    const attempt = this.#newAttempt(packet.slice(), proof, at);
    if (attempt.fate === 'answered') this.#serve(key, attempt, syn);
    else this.#tell(attempt);
  }

  #newAttempt(syn: Uint8Array, proof: Proof, at: Nanos): Attempt {
    const { carriers } = proof;
    const fate = this.#refusalOf(syn, proof, at) ?? 'answered';
    const port = this.#view.destinationPort;
    const attempt = { arrivedAt: at, syn, port, carriers, fate, synCopies: 1, synAck: null, synAckCopies: 0 };
    this.stats.attempts++;
    this.#reporter.noteAttempt(attempt);
    return attempt;
  }

  #refusalOf(packet: Uint8Array, { slotsOff }: Proof, at: Nanos): AttemptFate | null {
    if (slotsOff !== 0) {
      this.stats.slotsOff = slotsOff;
      return 'stale-proof';
    }
    if (!hasRightTcpChecksum(packet)) return 'bad-checksum';
    if (this.#bucket.take(at) && this.#makeRoom(at)) return null;
    this.stats.rateLimited++;
    return 'rate-limited';
  }

  /** Makes room by dropping the oldest half-open connection, else one that has had enough time. */
  #makeRoom(at: Nanos): boolean {
    if (this.#served.size < MOST_CONNECTIONS) return true;
    const all = [...this.#served];
    const dispensable =
      all.find(([, { connection }]) => connection.isHalfOpen) ??
      all.find(([, { connection }]) => at - connection.bornAt > ENOUGH_TIME);
    if (dispensable === undefined) return false;
    this.#drop(...dispensable);
    return true;
  }

  #serve(key: string, attempt: Attempt, syn: DecodedSyn): void {
    const { mac, random, routes } = this.#plan;
    const now = attempt.arrivedAt;
    const report = (request: ReportRequest): ResponderReport => this.#reporter.report(attempt, request, this.#now, this.#epochMs);
    const server = new ReportServer({ mac, nonce: random(NONCE_BYTES), report });
    const own = {
      mtu: routes.sources[routes.lookup(syn.ip.source)]?.mtu ?? ETHERNET_MTU,
      isn: readU32(random(4), 0),
      ipId: this.#nextIpId(),
      tsval: this.#tsvalAt(now),
      cookie: random(8),
    };
    const connection = new ServerConnection(syn, own, this.#parts, now);
    const served = { attempt, server, connection };
    this.#served.set(key, served);
    this.stats.answered++;
    this.#note(served);
  }

  /** Copies a connection's state to its attempt, and forgets the connection when it is over. */
  #settle(key: string, served: Served): void {
    this.#note(served);
    if (served.connection.ending === null) return;
    this.#served.delete(key);
    this.#conclude(served);
  }

  #note({ attempt, connection }: Served): void {
    attempt.synAck = connection.synAck;
    attempt.synAckCopies = connection.synAckCopies;
    if (connection.ending === 'reset' && attempt.fate !== 'reported') attempt.fate = 'reset';
  }

  /** Ends a connection early. */
  #drop(key: string, served: Served): void {
    served.connection.abort();
    this.#settle(key, served);
  }

  #conclude(served: Served): void {
    this.#note(served);
    if (served.attempt.fate === 'reported') this.stats.reported++;
    this.#tell(served.attempt);
  }

  #tell(attempt: Attempt): void {
    this.#concluded++;
    this.#plan.onAttempt(attempt);
  }

  #key(): string {
    const { source, sourcePort, destination, destinationPort } = this.#view;
    return `${source}:${sourcePort}:${destination}:${destinationPort}`;
  }

  #readClock(now: Nanos): void {
    this.#now = now;
    this.#epochMs = this.#plan.wallClock() - now / NANOS_PER_MS;
    this.#proofs.prepare(this.#epochAt(now));
  }

  #epochAt(at: Nanos): number {
    return this.#epochMs + at / NANOS_PER_MS;
  }

  #tsvalAt(now: Nanos): number {
    return (this.#tsvalBase + Math.floor(now / NANOS_PER_MS)) >>> 0 || 1;
  }

  #nextIpId(): number {
    return readU16(this.#plan.random(2), 0) || 1;
  }
}
