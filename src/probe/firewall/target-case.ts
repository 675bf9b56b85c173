import { Errno } from '../../transport/errno.ts';
import type { Address } from '../../wire/address.ts';
import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { RateEvidence, TargetEvidence } from './firewall-plan.ts';
import { FirewallTest, type Answer, type Shot, type ShotTaker, type TestSpec } from './firewall-test.ts';
import type { PacketCraft } from './packet-craft.ts';
import { PortCase } from './port-case.ts';
import { RateSearch } from './rate-search.ts';
import { ShotLedger } from './shot-ledger.ts';

/** Least time to wait for an answer of a host whose round trip is known, and of one of whose path only routers have answered. */
const LEAST_WAIT: Nanos = 200 * NANOS_PER_MS;
const LEAST_WAIT_BY_ROUTERS: Nanos = 400 * NANOS_PER_MS;
/** However slow an answer was, nobody waits longer for the next, unless told to. */
const MOST_WAIT: Nanos = 3000 * NANOS_PER_MS;
/** Packets of a test whose TTL is limited; every router that answers limits how often it does. */
const MOST_TTL_SHOTS = 2;
/** More packets that losses of the capture may bring a test. */
const MOST_EXTRA = 2;

/** What a target is tested with. */
export interface TargetTask {
  readonly target: Address;
  readonly hostname: string | null;
  readonly asked: readonly number[];
  readonly controls: readonly number[];
  readonly craft: PacketCraft;
  readonly timeout: Nanos;
  /** Packets of a test that stays silent. */
  readonly shots: number;
  readonly searchRate: boolean;
  /** Whether the next hop has not answered ARP. */
  readonly isUnresolved: () => boolean;
}

/** A packet that is to leave for a test. */
export interface Demand {
  readonly spec: TestSpec;
  readonly taker: ShotTaker;
  /** Told of the packet once it is on its way. */
  readonly add: FirewallTest['add'];
}

/** One target under test: its ports, those it is compared with, and how long its answers take. */
export class TargetCase {
  readonly task: TargetTask;
  readonly ledger: ShotLedger = new ShotLedger();
  readonly #cases: readonly PortCase[];
  readonly #tests: FirewallTest[] = [];
  readonly #answered: Set<Shot> = new Set();
  #rate: RateSearch | null = null;
  #rateDone: boolean;
  #slowestTcp: Nanos = 0;
  #slowestIcmp: Nanos = 0;
  #extra = 0;

  constructor(task: TargetTask) {
    this.task = task;
    this.#rateDone = !task.searchRate;
    const context = {
      start: (spec: TestSpec) => this.#start(spec),
      hostHops: () => this.#hostHops(),
      optionNames: task.craft.optionNames,
    };
    const asked = task.asked.map((port) => new PortCase(port, 'asked', context));
    this.#cases = [...asked, ...task.controls.map((port) => new PortCase(port, 'control', context))];
    // Usual SYNs first: their answers tell how long to wait for all others.
    this.#tests.sort((a, b) => Number(b.spec.kind === 'syn') - Number(a.spec.kind === 'syn'));
  }

  /** Learns of a proven answer, which its taker has been given. Only the first to each packet tells a round trip: a SYN-ACK whose reset was lost comes again after seconds. */
  learn({ kind, at, shot }: Answer): void {
    if (shot.posted.sentAt === null || this.#answered.has(shot)) return;
    this.#answered.add(shot);
    const rtt = at - shot.posted.sentAt;
    if (kind === 'syn-ack' || kind === 'rst') this.#slowestTcp = Math.max(this.#slowestTcp, rtt);
    else this.#slowestIcmp = Math.max(this.#slowestIcmp, rtt);
  }

  /** The capture lost packets: what is silent may be so because of that. */
  forgive(): void {
    if (this.#extra >= MOST_EXTRA) return;
    this.#extra++;
    for (const test of this.#tests) if (!test.done) test.allowance++;
  }

  /** Packets that are due at `now`, at most `room`. */
  demands(now: Nanos, room: number): readonly Demand[] {
    const demands: Demand[] = [];
    const wait = this.#wait();
    for (const test of this.#tests) {
      if (demands.length >= room) return demands;
      if (test.wantsShot(now, wait)) demands.push({ spec: test.spec, taker: test, add: (shot) => test.add(shot) });
    }
    const burst = this.#rate?.due(now) ?? null;
    if (this.#rate !== null && burst !== null && demands.length < room) {
      const search = this.#rate;
      demands.push({ spec: search.spec, taker: burst, add: (shot) => search.add(shot) });
    }
    return demands;
  }

  /** Starts what the results ask for; true once all is done. */
  advance(now: Nanos): boolean {
    const count = this.#tests.length;
    const finished = this.#cases.map((one) => one.advance()).every(Boolean);
    if (!finished || this.#tests.length > count) return false;
    this.#failUndelivered();
    if (this.#rateDone) return true;
    if (this.#rate === null) return !this.#startRate();
    this.#rateDone = this.#rate.advance(now);
    return this.#rateDone;
  }

  /** When something is due next. */
  nextAt(): Nanos {
    const wait = this.#wait();
    let next = this.#rate?.nextAt() ?? Infinity;
    for (const test of this.#tests) if (!test.done) next = Math.min(next, test.dueAt(wait));
    return next;
  }

  evidence(): TargetEvidence {
    const { target, hostname } = this.task;
    const ports = this.#cases.filter(({ syn }) => syn.done).map((one) => one.evidence());
    return { target, hostname, ports, rate: this.#rateEvidence(), errno: 0 };
  }

  #start(spec: TestSpec): FirewallTest {
    const { shots } = this.task;
    const test = new FirewallTest(spec, (spec.ttl === null ? shots : Math.min(MOST_TTL_SHOTS, shots)) + this.#extra);
    this.#tests.push(test);
    return test;
  }

  /** The distance of what answers from farthest away by TCP: whatever is nearer stands before the host. */
  #hostHops(): number | null {
    const answered = this.#cases.filter(({ syn }) => syn.answerKind === 'syn-ack' || syn.answerKind === 'rst');
    const hops = answered.map((one) => one.hops ?? 0);
    return hops.length === 0 ? null : Math.max(...hops);
  }

  #wait(): Nanos {
    const { timeout } = this.task;
    const most = Math.max(timeout, MOST_WAIT);
    if (this.#slowestTcp > 0) return Math.min(most, Math.max(4 * this.#slowestTcp, Math.min(timeout, LEAST_WAIT)));
    if (this.#slowestIcmp > 0) return Math.min(most, Math.max(8 * this.#slowestIcmp, Math.min(timeout, LEAST_WAIT_BY_ROUTERS)));
    return timeout;
  }

  /** Packets that the kernel took may still wait for a next hop that is not there: then silence says nothing of the target. */
  #failUndelivered(): void {
    const silent = this.#tests.every((test) => test.answerKind === null);
    if (!silent || !this.task.isUnresolved()) return;
    for (const test of this.#tests) test.fail(Errno.EHOSTUNREACH);
  }

  /** False where no port answers SYNs as a limiter of SYNs could be found by. */
  #startRate(): boolean {
    const answering = this.#cases.find(
      ({ role, syn }) => role === 'asked' && (syn.answerKind === 'syn-ack' || syn.answerKind === 'rst'),
    );
    if (answering === undefined) return false;
    this.#rate = new RateSearch(answering.port);
    return true;
  }

  #rateEvidence(): RateEvidence | null {
    return this.#rate === null ? null : { port: this.#rate.spec.port, steps: this.#rate.steps };
  }
}
