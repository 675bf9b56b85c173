import { Errno } from '../../transport/errno.ts';
import type { Routes } from '../../transport/transport.ts';
import type { Address } from '../../wire/address.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { TestPacketLedger } from './answer-reader.ts';
import type { TargetEvidence } from './firewall-plan.ts';
import { type Answer, FirewallTest, type TestPacket, type TestPacketSender, type TestSpec } from './firewall-test.ts';
import type { PacketCraft } from './packet-craft.ts';
import { PortCase, type PortRole, type TargetView, usualSyn } from './port-case.ts';
import { RateSearch } from './rate-search.ts';
import { isFirstSyn, TargetPace } from './target-pace.ts';

/** Packets of a test with a limited TTL: every router limits how often it answers. */
const MOST_TTL_PACKETS = 2;
/** Extra packets that losses of the capture may add to a test. */
const MOST_EXTRA = 2;
/** Extra SYNs to silent ports once rejections are known to be rate limited. */
const EXTRA_UNDER_LIMIT = 2;

/** What to test at a target, and how. */
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
  /** Tells whether the next hop has not answered ARP. */
  readonly routes: Pick<Routes, 'isUnresolved'>;
}

/** One target under test: its ports, those it is compared with, and how long its answers take. */
export class TargetCase {
  readonly task: TargetTask;
  readonly ledger: TestPacketLedger;
  readonly #ports: readonly PortCase[];
  readonly #tests: FirewallTest[] = [];
  readonly #answered: Set<TestPacket> = new Set();
  readonly #pace: TargetPace;
  #rate: RateSearch | null = null;
  #extra = 0;

  constructor(task: TargetTask) {
    this.task = task;
    this.ledger = new TestPacketLedger(task.craft.source);
    this.#pace = new TargetPace(task.timeout);
    const begin = (role: PortRole, port: number): PortCase => new PortCase(role, this.#start(usualSyn(port)));
    this.#ports = [...task.asked.map((port) => begin('asked', port)), ...task.controls.map((port) => begin('control', port))];
  }

  /** Takes a proven answer. */
  take(answer: Answer): void {
    const { kind, testPacket, at } = answer;
    const { sender, posted } = testPacket;
    // Only the first answer to a packet tells a round trip: a SYN-ACK whose reset was lost comes again.
    if (posted.sentAt !== null && !this.#answered.has(testPacket)) {
      this.#answered.add(testPacket);
      this.#pace.noteRoundTrip(kind, at - posted.sentAt);
      if (kind === 'icmp' && sender instanceof FirewallTest && isFirstSyn(sender)) this.#noteRejection(sender, testPacket);
    }
    sender.take(answer);
  }

  /** Takes a challenge ACK to a SYN: an older connection holds its tuple. */
  challenge(testPacket: TestPacket): void {
    if (testPacket.sender instanceof FirewallTest) testPacket.sender.challenge(testPacket);
  }

  /** The capture lost packets, which may be why a test is silent: allows each one packet more. */
  forgive(): void {
    if (this.#extra >= MOST_EXTRA) return;
    this.#extra++;
    this.#allow(1, () => true);
  }

  /** At most `room` tests whose next packet is due at `now`. */
  due(now: Nanos, room: number): readonly TestPacketSender[] {
    const due: TestPacketSender[] = [];
    for (const test of this.#tests) {
      if (due.length >= room) return due;
      if (test.poll(now, this.#pace.wait(test))) due.push(test);
    }
    const rate = this.#rate;
    return rate?.poll(now) === true && due.length < room ? [...due, rate] : due;
  }

  /** Notes a packet that was posted. */
  add(testPacket: TestPacket): void {
    this.ledger.add(testPacket);
    testPacket.sender.add(testPacket);
  }

  /** Starts the tests that the results call for; true once all are done. */
  advance(now: Nanos): boolean {
    const view = this.#view();
    const wanted = this.#ports.flatMap((port) => port.wanted(view).map((spec) => ({ port, spec })));
    for (const { port, spec } of wanted) port.add(this.#start(spec));
    if (wanted.length > 0 || !this.#ports.every((port) => port.isDone(view))) return false;
    this.#failUndelivered();
    if (now < this.#listensUntil) return false;
    if (this.#rate !== null) return this.#rate.advance(now);
    // A limiter is found by an asked port that answers SYNs.
    const answering = this.#ports.find(({ role, isAnswered }) => role === 'asked' && isAnswered);
    if (!this.task.searchRate || answering === undefined) return true;
    this.#rate = new RateSearch(answering.port);
    return false;
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
    const ports = this.#ports.filter(({ syn }) => syn.done).map((one) => one.evidence());
    const rate = this.#rate === null ? null : { port: this.#rate.spec.port, steps: this.#rate.steps };
    return { target, hostname, ports, rate, errno: 0 };
  }

  #view(): TargetView {
    const ports = this.#ports;
    const hops = ports.filter(({ isAnswered }) => isAnswered).map((one) => one.hops ?? 0);
    const rejected = ports.find(({ role, syn }) => role === 'asked' && syn.answerKind === 'icmp');
    return {
      // Of the answers by TCP the farthest: anything nearer is a device before the host.
      hostHops: hops.length === 0 ? null : Math.max(...hops),
      optionNames: this.task.craft.optionNames,
      rejects: this.#pace.rejects,
      synsDone: ports.every(({ syn }) => syn.done),
      firstRejected: rejected?.port ?? null,
      firstControl: ports.find(({ role, isAnswered }) => role === 'control' && isAnswered)?.port ?? null,
    };
  }

  /** 0 when there is nothing to listen for. */
  get #listensUntil(): Nanos {
    const [first] = this.#tests;
    const sentAt = first?.testPackets[0]?.posted.sentAt ?? null;
    return sentAt === null || first?.isRefused === true ? 0 : this.#pace.listensUntil(sentAt);
  }

  #start(spec: TestSpec): FirewallTest {
    const { testPackets } = this.task;
    const allowance = spec.ttl === null ? testPackets : Math.min(MOST_TTL_PACKETS, testPackets);
    const test = new FirewallTest(spec, allowance + this.#extra);
    this.#tests.push(test);
    return test;
  }

  #noteRejection(test: FirewallTest, testPacket: TestPacket): void {
    const isRetry = test.answerKind === null && test.testPackets[0] !== testPacket;
    if (this.#pace.noteRejection(isRetry)) this.#allow(EXTRA_UNDER_LIMIT, isFirstSyn);
  }

  #allow(testPackets: number, isMeant: (test: FirewallTest) => boolean): void {
    for (const test of this.#tests) if (!test.done && isMeant(test)) test.allowance += testPackets;
  }

  /** Silence tells nothing while packets wait in the kernel for a next hop that is not there. */
  #failUndelivered(): void {
    const silent = this.#tests.every((test) => test.answerKind === null);
    if (!silent || !this.task.routes.isUnresolved(this.task.target)) return;
    for (const test of this.#tests) test.fail(Errno.EHOSTUNREACH);
  }
}
