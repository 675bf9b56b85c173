import { initialTtl } from '../craft/profiles.ts';
import { CONTROL_TESTS, FIRST_TESTS, REJECTED_TESTS, type TestKind, VARIANTS } from './battery.ts';
import { nextTtlsInSilence, nextTtlsToAnswer, type TtlResult } from './distance.ts';
import type { FirewallTest, TestResult, TestSpec } from './firewall-test.ts';

/** Whether the user asked about a port, or it only serves to compare with. */
export type PortRole = 'asked' | 'control';

/** What came of all tests of one port. */
export interface PortEvidence {
  readonly port: number;
  readonly role: PortRole;
  readonly tests: readonly TestResult[];
}

/** What a case knows of its target. */
export interface CaseContext {
  /** Puts a test to work. */
  readonly start: (spec: TestSpec) => FirewallTest;
  /** Routers and one from here to the host, by the answers of its ports; null while none has come. */
  readonly hostHops: () => number | null;
  /** Options of the usual SYN. */
  readonly optionNames: readonly string[];
  /** True once a SYN to any port was rejected with ICMP: silence may then be the limit of whoever rejects. */
  readonly rejects: () => boolean;
  /** True once the usual SYN of every port has its result. */
  readonly synsDone: () => boolean;
  /** True for the first of the ports that are alike in this respect, which stands for all of them. */
  readonly isFirst: (respect: 'rejected' | 'control', port: number) => boolean;
}

/** How two answers may differ. Silence and an ICMP error are one: errors are limited, so that either may stand for the other. */
type Outcome = 'open' | 'rst' | 'blocked' | 'error';

/** One port under test: the usual SYN, then the battery, how far its answers come from, and A/B/A where a variant was answered in another way. */
export class PortCase {
  readonly port: number;
  readonly role: PortRole;
  readonly #context: CaseContext;
  readonly #tests: FirewallTest[] = [];

  constructor(port: number, role: PortRole, context: CaseContext) {
    this.port = port;
    this.role = role;
    this.#context = context;
    this.#start('syn');
  }

  /** Starts what the results so far ask for; true once nothing is under way any more. */
  advance(): boolean {
    if (this.#isSettled) {
      this.#advanceBattery();
      this.#advanceDistance();
      if (this.role === 'asked') this.#advanceDifferences();
    }
    return this.#isSettled && this.#tests.every(({ done }) => done) && !this.#mustWait;
  }

  /** The usual SYN. */
  get syn(): FirewallTest {
    return this.#test('syn', 1) as FirewallTest;
  }

  /** Routers and one between here and whoever answered the usual SYN; null while nobody has. */
  get hops(): number | null {
    const ttl = this.syn.answerTtl;
    return ttl === null ? null : hopsOfTtl(ttl);
  }

  /** Results of the tests that are done. */
  evidence(): PortEvidence {
    const tests = this.#tests.filter(({ done }) => done).map((test) => test.result());
    return { port: this.port, role: this.role, tests };
  }

  /** Whether it is known what the usual SYN meets, or likely enough to go on. */
  get #isSettled(): boolean {
    return this.syn.done || (this.syn.testPackets.length > 1 && this.syn.answerKind === null && !this.#context.rejects());
  }

  /** Tests of a rejected port wait for the SYNs of all others, whose errors they would take. */
  get #mustWait(): boolean {
    return this.syn.answerKind === 'icmp' && !this.#context.synsDone();
  }

  #advanceBattery(): void {
    if (this.#mustWait) return;
    const rejected = this.syn.answerKind === 'icmp';
    const kinds = this.role === 'control' ? CONTROL_TESTS : rejected ? REJECTED_TESTS : FIRST_TESTS;
    for (const kind of kinds) if (this.#test(kind, 1) === undefined) this.#start(kind);
  }

  #advanceDistance(): void {
    const { syn, hops } = this;
    const results = this.#ttlResults();
    if (syn.answerKind === null && this.role === 'asked' && !syn.isRefused)
      this.#startTtls(nextTtlsInSilence(results, this.#context.hostHops()));
    if (hops === null || !this.#asksDistance()) return;
    // Errors are limited: what the first packets do not show, more would not either.
    if (syn.answerKind === 'icmp' && results.size > 0) return;
    this.#startTtls(nextTtlsToAnswer(results, hops));
  }

  /** Whether it matters how far away whoever answered the usual SYN is. */
  #asksDistance(): boolean {
    const { answerKind } = this.syn;
    if (answerKind === 'local' || answerKind === null || this.#mustWait) return false;
    if (this.role === 'control') return this.#context.isFirst('control', this.port);
    return (answerKind !== 'icmp' && answerKind !== 'expired') || this.#context.isFirst('rejected', this.port);
  }

  #advanceDifferences(): void {
    const { syn } = this;
    const variants = VARIANTS.flatMap((kind) => this.#test(kind, 1) ?? []);
    if (variants.length === 0 || ![syn, ...variants].every(({ done }) => done) || outcomeOf(syn) === 'error') return;
    const different = variants.filter((test) => outcomeOf(test) !== outcomeOf(syn) && outcomeOf(test) !== 'error');
    if (different.length === 0 || !this.#isConfirmed('syn', 2)) return;
    const confirmed = different.map(({ spec }) => this.#isConfirmed(spec.kind, 2));
    if (different.some(({ spec }) => spec.kind === 'syn-no-options')) this.#startOptions();
    if (confirmed.includes(true)) this.#isConfirmed('syn', 3);
  }

  /** Whether a repetition, started if need be, was answered as the first of its kind; false while it is under way. */
  #isConfirmed(kind: TestKind, round: number): boolean {
    const test = this.#test(kind, round) ?? this.#start(kind, { round });
    return test.done && outcomeOf(test) === outcomeOf(this.#test(kind, 1) as FirewallTest);
  }

  /** One SYN for each option: which of them makes the difference? */
  #startOptions(): void {
    if (this.#test('syn-option', 1) !== undefined) return;
    for (const option of this.#context.optionNames) this.#start('syn-option', { option });
  }

  #startTtls(ttls: readonly number[]): void {
    for (const ttl of ttls) this.#start('syn-ttl', { ttl });
  }

  #ttlResults(): ReadonlyMap<number, TtlResult> {
    const limited = this.#tests.filter(({ spec }) => spec.ttl !== null);
    return new Map(limited.map((test) => [test.spec.ttl as number, ttlResultOf(test)]));
  }

  #test(kind: TestKind, round: number): FirewallTest | undefined {
    return this.#tests.find(({ spec }) => spec.kind === kind && spec.round === round);
  }

  #start(kind: TestKind, more: Partial<TestSpec> = {}): FirewallTest {
    const test = this.#context.start({ kind, port: this.port, ttl: null, option: null, round: 1, ...more });
    this.#tests.push(test);
    return test;
  }
}

/** Routers and one that a packet which arrived with `ttl` has most likely come over. */
export function hopsOfTtl(ttl: number): number {
  return initialTtl(ttl) - ttl + 1;
}

function outcomeOf(test: FirewallTest): Outcome {
  const { answerKind } = test;
  if (answerKind === 'local' || (answerKind === null && test.isRefused)) return 'error';
  if (answerKind === 'rst') return 'rst';
  return answerKind === 'syn-ack' || answerKind === 'syn' ? 'open' : 'blocked';
}

function ttlResultOf(test: FirewallTest): TtlResult {
  if (!test.done) return 'pending';
  if (test.answerKind === null || test.answerKind === 'local') return 'silent';
  return test.answerKind === 'expired' ? 'expired' : 'answered';
}
