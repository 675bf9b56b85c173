import type { SendBatch, Source } from '../../transport/transport.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import { ProbeCookie } from '../craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../craft/syn-maker.ts';
import type { DrivenSession } from '../session/driven-session.ts';
import { TransmitQueue } from '../session/transmit-queue.ts';
import type { SessionStats } from '../scan/session-plan.ts';
import { readAnswer, type Reading } from './answer-reader.ts';
import { controlPorts, BATTERY } from './battery.ts';
import { dataLength, PacketCraft } from './packet-craft.ts';
import type { FirewallPlan } from './firewall-plan.ts';
import type { TestPacket, TestPacketSender } from './firewall-test.ts';
import { TargetCase, type TargetTask } from './target-case.ts';

/** A packet a millisecond: ten ports take a second, and rate limits are seldom reached. */
const GAP: Nanos = NANOS_PER_MS;
/** Packets that may leave at once after a pause. */
const BURST = 8;
const TARGETS_AT_ONCE = 16;
const DEFAULT_RETRIES = 2;

/** Tests how ports are guarded, with few packets to each. `onTarget` gets each target's evidence once. */
export class FirewallSession implements DrivenSession {
  finished = false;
  readonly stats: Pick<SessionStats, 'probesSent' | 'repliesReceived' | 'repliesRejected'> = {
    probesSent: 0,
    repliesReceived: 0,
    repliesRejected: 0,
  };
  readonly #plan: FirewallPlan;
  readonly #transmitQueue: TransmitQueue = new TransmitQueue();
  readonly #cookie: ProbeCookie;
  readonly #maker: SynMaker;
  readonly #view: PacketView = new PacketView();
  readonly #sourcePorts: ReadonlySet<number>;
  /** Running targets, by index. */
  readonly #cases: Map<number, TargetCase> = new Map();
  readonly #crafts: Map<number, PacketCraft> = new Map();
  #nextTarget = 0;
  #controlsDrawn = 0;
  #mayLeaveAt: Nanos = 0;
  #drops = 0;

  constructor(plan: FirewallPlan) {
    this.#plan = plan;
    this.#cookie = new ProbeCookie(plan.key);
    this.#maker = new SynMaker(plan.sourcePorts, cookieNumbering(this.#cookie, { seq: null, ipId: null }));
    this.#sourcePorts = new Set(plan.sourcePorts);
  }

  poll(now: Nanos, batch: SendBatch): Nanos {
    batch.count = 0;
    if (this.finished) return Infinity;
    this.#beginTargets();
    for (const [index, target] of this.#cases) this.#turn(now, index, target);
    this.#beginTargets();
    this.finished = this.#cases.size === 0;
    if (this.finished) return Infinity;
    const queueNext = this.#transmitQueue.fill(now, batch);
    return Math.max(now, Math.min(queueNext, this.#nextAt(now)));
  }

  flushed(now: Nanos, batch: SendBatch): Nanos {
    const next = this.#transmitQueue.flushed(now, batch);
    return Math.min(next, this.finished ? Infinity : this.#nextAt(now));
  }

  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    const view = this.#view;
    if (this.finished || !view.load(bytes, offset, length)) return;
    if (view.isTcp && !this.#isIncoming(bytes, offset, length, at)) return;
    const { targets, routes } = this.#plan;
    const target = this.#cases.get(targets.indexOf(view.isTcp ? view.source : view.quoteDestination));
    if (target === undefined) return;
    const captured = { view, bytes: bytes.subarray(offset, offset + length), at };
    const reading = readAnswer(captured, target.ledger, (address) => routes.isLocal(address));
    if (reading !== null) this.#take(target, reading);
  }

  noteDrops(_now: Nanos, drops: number | null): void {
    if (drops === null || drops <= this.#drops) return;
    this.#drops = drops;
    for (const target of this.#cases.values()) target.forgive();
  }

  stop(): void {
    if (this.finished) return;
    this.finished = true;
    for (const target of this.#cases.values()) this.#plan.onTarget(target.evidence());
    this.#cases.clear();
    this.#transmitQueue.clear();
  }

  /** The kernel resets half-open connections: its resets on the reserved source ports are not suppressed. */
  drainOnClose(batch: SendBatch): void {
    batch.count = 0;
  }

  #turn(now: Nanos, index: number, target: TargetCase): void {
    const room = Math.max(0, Math.floor((now - this.#mayLeaveAt) / GAP) + BURST);
    for (const sender of target.due(now, Math.min(room, BURST))) target.add(this.#send(now, target.task, sender));
    if (!target.advance(now)) return;
    this.#cases.delete(index);
    this.#plan.onTarget(target.evidence());
  }

  #send(now: Nanos, { craft, target }: TargetTask, sender: TestPacketSender): TestPacket {
    const { spec } = sender;
    const named = this.#maker.number(craft.source, target, spec.port);
    const { sourcePort, seq, tsval, port } = named;
    // As unpredictable as the ISN: a reset of a bare ACK has to name it.
    const ack = Math.imul(seq ^ tsval, 0x9e3779b1) >>> 0;
    const posted = this.#transmitQueue.post(craft.packet(spec, { ...named, ack }));
    this.stats.probesSent++;
    this.#mayLeaveAt = Math.max(this.#mayLeaveAt, now - BURST * GAP) + GAP;
    const { flags } = BATTERY[spec.kind];
    return { sender, port, sourcePort, seq, ack, flags, payloadLength: dataLength(spec), posted };
  }

  /** False for segments to other ports, and for our own, whose capture corrects the time when they left. */
  #isIncoming(bytes: Uint8Array, offset: number, length: number, at: Nanos): boolean {
    const { sourcePort, destinationPort } = this.#view;
    if (this.#sourcePorts.has(sourcePort) && this.#transmitQueue.stamp(bytes, offset, length, at)) return false;
    return this.#sourcePorts.has(destinationPort);
  }

  #take(target: TargetCase, reading: Reading): void {
    if ('kind' in reading) {
      this.stats.repliesReceived++;
      target.take(reading);
    } else {
      this.stats.repliesRejected++;
      if (reading.challenged !== null) target.challenge(reading.challenged);
    }
  }

  #beginTargets(): void {
    const { targets } = this.#plan;
    while (this.#cases.size < TARGETS_AT_ONCE && this.#nextTarget < targets.size) this.#beginTarget(this.#nextTarget++);
  }

  #beginTarget(index: number): void {
    const { targets, ports, routes, timing, searchRate, onTarget } = this.#plan;
    const target = targets.at(index);
    const hostname = targets.hostname(index);
    const route = routes.lookup(target);
    if (route < 0) return onTarget({ target, hostname, ports: [], rate: null, errno: -route });
    const task = {
      target,
      hostname,
      asked: Array.from({ length: ports.size }, (_, place) => ports.at(place)),
      controls: controlPorts(ports, () => this.#cookie.compute(target, target, 0, this.#controlsDrawn++).nonce),
      craft: this.#craft(route),
      timeout: timing.timeoutMs * NANOS_PER_MS,
      testPackets: (timing.retries ?? DEFAULT_RETRIES) + 1,
      searchRate,
      routes,
    };
    this.#cases.set(index, new TargetCase(task));
  }

  #craft(route: number): PacketCraft {
    const { spec, routes } = this.#plan;
    const craft = this.#crafts.get(route) ?? new PacketCraft(spec, routes.sources[route] as Source);
    this.#crafts.set(route, craft);
    return craft;
  }

  #nextAt(now: Nanos): Nanos {
    let next = Infinity;
    for (const target of this.#cases.values()) next = Math.min(next, target.nextAt());
    return next <= now ? Math.max(now, this.#mayLeaveAt - (BURST - 1) * GAP) : next;
  }
}
