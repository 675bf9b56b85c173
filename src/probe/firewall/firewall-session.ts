import type { SendBatch } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import { PacketView } from '../../wire/packet-view.ts';
import { ProbeCookie } from '../craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../craft/syn-maker.ts';
import type { DrivenSession } from '../session/driven-session.ts';
import { TransmitQueue } from '../session/transmit-queue.ts';
import { readAnswer, type Reading } from './answer-reader.ts';
import { controlPorts, BATTERY } from './battery.ts';
import { dataLength, PacketCraft } from './packet-craft.ts';
import type { FirewallPlan, FirewallStats } from './firewall-plan.ts';
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
  readonly stats: FirewallStats = { probesSent: 0, repliesReceived: 0, repliesRejected: 0 };
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
    if (this.#cases.size === 0) {
      this.finished = true;
      return Infinity;
    }
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
    const target = this.#targetAt(view.isTcp ? view.source : view.quoteDestination);
    if (target === undefined) return;
    const captured = { view, bytes: bytes.subarray(offset, offset + length), at };
    this.#take(
      target,
      readAnswer(captured, target.ledger, (address) => this.#plan.routes.isLocal(address)),
    );
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
    const { sourcePort, seq, tsval } = named;
    // As unpredictable as the ISN: a reset of a bare ACK has to name it.
    const ack = Math.imul(seq ^ tsval, 0x9e3779b1) >>> 0;
    const posted = this.#transmitQueue.post(craft.packet(spec, { ...named, ack }));
    this.stats.probesSent++;
    this.#mayLeaveAt = Math.max(this.#mayLeaveAt, now - BURST * GAP) + GAP;
    return {
      sender,
      port: spec.port,
      sourcePort,
      seq,
      ack,
      flags: BATTERY[spec.kind].flags,
      payloadLength: dataLength(spec),
      posted,
    };
  }

  /** False for segments to other ports, and for our own, whose capture corrects the time at which they left. */
  #isIncoming(bytes: Uint8Array, offset: number, length: number, at: Nanos): boolean {
    const { sourcePort, destinationPort } = this.#view;
    if (this.#sourcePorts.has(sourcePort) && this.#transmitQueue.stamp(bytes, offset, length, at)) return false;
    return this.#sourcePorts.has(destinationPort);
  }

  #take(target: TargetCase, reading: Reading): void {
    if (reading.is === 'answer') {
      this.stats.repliesReceived++;
      target.take(reading.answer);
    } else if (reading.is === 'unproven') {
      this.stats.repliesRejected++;
      if (reading.challenged !== null) target.challenge(reading.challenged);
    }
  }

  #targetAt(address: Address): TargetCase | undefined {
    return this.#cases.get(this.#plan.targets.indexOf(address));
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
    const controls = controlPorts(ports, () => this.#cookie.compute(target, target, 0, this.#controlsDrawn++).nonce);
    const task = {
      target,
      hostname,
      asked: Array.from({ length: ports.size }, (_, place) => ports.at(place)),
      controls,
      craft: this.#craft(route),
      timeout: timing.timeoutMs * NANOS_PER_MS,
      testPackets: (timing.retries ?? DEFAULT_RETRIES) + 1,
      searchRate,
      routes,
    };
    this.#cases.set(index, new TargetCase(task));
  }

  #craft(route: number): PacketCraft {
    const known = this.#crafts.get(route);
    if (known !== undefined) return known;
    const source = this.#plan.routes.sources[route];
    if (source === undefined) throw new RangeError(`no source for route ${route}`);
    const craft = new PacketCraft(this.#plan.spec, source);
    this.#crafts.set(route, craft);
    return craft;
  }

  #nextAt(now: Nanos): Nanos {
    let next = Infinity;
    for (const target of this.#cases.values()) next = Math.min(next, target.nextAt());
    return next <= now ? Math.max(now, this.#mayLeaveAt - (BURST - 1) * GAP) : next;
  }
}
