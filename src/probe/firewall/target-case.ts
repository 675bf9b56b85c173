import { Errno } from '../../transport/errno.ts';
import type { Address } from '../../wire/address.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { RateEvidence, TargetEvidence } from './firewall-plan.ts';
import { FirewallTest, type Answer, type TestPacket, type TestPacketSender, type TestSpec } from './firewall-test.ts';
import type { PacketCraft } from './packet-craft.ts';
import { type CaseContext, PortCase } from './port-case.ts';
import { RateSearch } from './rate-search.ts';
import { TestPacketLedger } from './test-packet-ledger.ts';
import { isFirstSyn, TargetPace } from './target-pace.ts';

/** Packets of a test whose TTL is limited; every router that answers limits how often it does. */
const MOST_TTL_SHOTS = 2;
/** More packets that losses of the capture may bring a test. */
const MOST_EXTRA = 2;
/** More SYNs to silent ports once it is known that whoever rejects others limits his errors. */
const SHOTS_UNDER_LIMIT = 2;

/** What a target is tested with. */
export interface TargetTask {
  readonly target: Address;
  readonly hostname: string | null;
  readonly asked: readonly number[];
  readonly controls: readonly number[];
  readonly craft: PacketCraft;
  readonly timeout: Nanos;
  /** Packets of a test that stays silent. */
  readonly testPackets: number;
  readonly searchRate: boolean;
  /** Whether the next hop has not answered ARP. */
  readonly isUnresolved: () => boolean;
}

/** A packet that is to leave for a test. */
export interface Demand {
  readonly spec: TestSpec;
  readonly taker: TestPacketSender;
  /** Told of the packet once it is on its way. */
  readonly add: FirewallTest['add'];
}

/** One target under test: its ports, those it is compared with, and how long its answers take. */
export class TargetCase {
  readonly task: TargetTask;
  readonly ledger: TestPacketLedger = new TestPacketLedger();
  readonly #cases: readonly PortCase[];
  readonly #tests: FirewallTest[] = [];
  readonly #answered: Set<TestPacket> = new Set();
  readonly #pace: TargetPace;
  #rate: RateSearch | null = null;
  #rateDone: boolean;
  #extra = 0;

  constructor(task: TargetTask) {
    this.task = task;
    this.#rateDone = !task.searchRate;
    this.#pace = new TargetPace(task.timeout);
    const context: CaseContext = {
      start: (spec) => this.#start(spec),
      hostHops: () => this.#hostHops(),
      optionNames: task.craft.optionNames,
      rejects: () => this.#pace.rejects,
      synsDone: () => this.#cases.every(({ syn }) => syn.done),
      isFirst: (respect, port) => this.#isFirst(respect, port),
    };
    const asked = task.asked.map((port) => new PortCase(port, 'asked', context));
    this.#cases = [...asked, ...task.controls.map((port) => new PortCase(port, 'control', context))];
  }

  /** Learns of a proven answer before its taker does. Only the first to each packet tells a round trip: a SYN-ACK whose reset was lost comes again after seconds. */
  learn(answer: Answer): void {
    const { testPacket, at } = answer;
    if (testPacket.posted.sentAt === null || this.#answered.has(testPacket)) return;
    this.#answered.add(testPacket);
    const wasLimited = this.#pace.isLimited;
    this.#pace.learn(answer, at - testPacket.posted.sentAt);
    if (!wasLimited && this.#pace.isLimited) this.#allow(SHOTS_UNDER_LIMIT, isFirstSyn);
  }

  /** The capture lost packets: what is silent may be so because of that. */
  forgive(): void {
    if (this.#extra >= MOST_EXTRA) return;
    this.#extra++;
    this.#allow(1, () => true);
  }

  /** Packets that are due at `now`, at most `room`. */
  demands(now: Nanos, room: number): readonly Demand[] {
    const demands: Demand[] = [];
    for (const test of this.#tests) {
      if (demands.length >= room) return demands;
      if (test.wantsTestPacket(now, this.#pace.wait(test)))
        demands.push({ spec: test.spec, taker: test, add: (testPacket) => test.add(testPacket) });
    }
    const burst = this.#rate?.due(now) ?? null;
    if (this.#rate !== null && burst !== null && demands.length < room) {
      const search = this.#rate;
      demands.push({ spec: search.spec, taker: burst, add: (testPacket) => search.add(testPacket) });
    }
    return demands;
  }

  /** Starts what the results ask for; true once all is done. */
  advance(now: Nanos): boolean {
    const count = this.#tests.length;
    const finished = this.#cases.map((one) => one.advance()).every(Boolean);
    if (!finished || this.#tests.length > count) return false;
    this.#failUndelivered();
    if (now < this.#listensUntil) return false;
    if (this.#rateDone) return true;
    if (this.#rate === null) return !this.#startRate();
    this.#rateDone = this.#rate.advance(now);
    return this.#rateDone;
  }

  /** When something is due next. */
  nextAt(): Nanos {
    let next = this.#rate?.nextAt() ?? Infinity;
    if (this.#tests.every(({ done }) => done) && this.#rate === null) return this.#listensUntil;
    for (const test of this.#tests) if (!test.done) next = Math.min(next, test.dueAt(this.#pace.wait(test)));
    return next;
  }

  evidence(): TargetEvidence {
    const { target, hostname } = this.task;
    const ports = this.#cases.filter(({ syn }) => syn.done).map((one) => one.evidence());
    return { target, hostname, ports, rate: this.#rateEvidence(), errno: 0 };
  }

  /** 0 where there is nothing to listen for. */
  get #listensUntil(): Nanos {
    const [first] = this.#tests;
    const sentAt = first?.testPackets[0]?.posted.sentAt ?? null;
    return sentAt === null || first?.isRefused === true ? 0 : this.#pace.patienceFor(sentAt);
  }

  #start(spec: TestSpec): FirewallTest {
    const { testPackets } = this.task;
    const test = new FirewallTest(spec, (spec.ttl === null ? testPackets : Math.min(MOST_TTL_SHOTS, testPackets)) + this.#extra);
    this.#tests.push(test);
    return test;
  }

  /** The distance of what answers from farthest away by TCP: whatever is nearer stands before the host. */
  #hostHops(): number | null {
    const answered = this.#cases.filter(({ syn }) => syn.answerKind === 'syn-ack' || syn.answerKind === 'rst');
    const hops = answered.map((one) => one.hops ?? 0);
    return hops.length === 0 ? null : Math.max(...hops);
  }

  #allow(testPackets: number, isMeant: (test: FirewallTest) => boolean): void {
    for (const test of this.#tests) if (!test.done && isMeant(test)) test.allowance += testPackets;
  }

  #isFirst(respect: 'rejected' | 'control', port: number): boolean {
    const alike = this.#cases.filter(({ role, syn: { answerKind } }) =>
      respect === 'rejected'
        ? role === 'asked' && answerKind === 'icmp'
        : role === 'control' && (answerKind === 'syn-ack' || answerKind === 'rst'),
    );
    return alike[0]?.port === port;
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
