import { initialTtl } from '../craft/profiles.ts';
import { CONTROL_TESTS, FIRST_TESTS, REJECTED_TESTS, type TestKind, VARIANTS } from './battery.ts';
import { nextTtlsInSilence, nextTtlsToAnswer, type TtlResult } from './distance.ts';
import type { FirewallTest, TestResult, TestSpec } from './firewall-test.ts';

/** Whether the user asked about a port, or it only serves for comparison. */
export type PortRole = 'asked' | 'control';

/** The results of all tests of one port. */
export interface PortEvidence {
  readonly port: number;
  readonly role: PortRole;
  readonly tests: readonly TestResult[];
}

/** What is known of the whole target at one moment. */
export interface TargetView {
  /** Hops to the host, by the answers of its ports; null while there are none. */
  readonly hostHops: number | null;
  /** Options of the usual SYN. */
  readonly optionNames: readonly string[];
  /** True once a SYN to any port was rejected with ICMP: silence may then be a limit on such errors. */
  readonly rejects: boolean;
  /** True once the usual SYN of every port has its result. */
  readonly synsDone: boolean;
  /** The first asked port rejected with ICMP, and the first control port that answers, stand for others. */
  readonly firstRejected: number | null;
  readonly firstControl: number | null;
}

/** Answers that count as different. Silence and an ICMP error are alike: errors are limited. */
type Outcome = 'open' | 'rst' | 'blocked' | 'error';

/** The first test of a port. */
export function usualSyn(port: number): TestSpec {
  return { kind: 'syn', port, ttl: null, option: null, round: 1 };
}

/** One port under test: the usual SYN, the battery, the distance of its answers, and A/B/A for variants. */
export class PortCase {
  readonly port: number;
  readonly role: PortRole;
  /** The usual SYN's. */
  readonly syn: FirewallTest;
  readonly #tests: FirewallTest[];

  constructor(role: PortRole, syn: FirewallTest) {
    this.port = syn.spec.port;
    this.role = role;
    this.syn = syn;
    this.#tests = [syn];
  }

  /** Takes a test that `wanted` asked for. */
  add(test: FirewallTest): void {
    this.#tests.push(test);
  }

  /** The tests that the results so far call for. */
  wanted(target: TargetView): readonly TestSpec[] {
    if (!this.#isSettled(target)) return [];
    const differences = this.role === 'asked' ? this.#differences(target) : [];
    return [...this.#battery(target), ...this.#ttls(target).map((ttl) => this.#spec('syn-ttl', { ttl })), ...differences];
  }

  /** True once every test has its result, and nothing more can be wanted. */
  isDone(target: TargetView): boolean {
    return this.#isSettled(target) && this.#tests.every(({ done }) => done) && !this.#mustWait(target);
  }

  /** Hops to what answered the usual SYN; null without an answer. */
  get hops(): number | null {
    const ttl = this.syn.answerTtl;
    return ttl === null ? null : hopsOfTtl(ttl);
  }

  /** Whether the usual SYN was answered by TCP. */
  get isAnswered(): boolean {
    return this.syn.answerKind === 'syn-ack' || this.syn.answerKind === 'rst';
  }

  /** Results of the tests that are done. */
  evidence(): PortEvidence {
    const tests = this.#tests.filter(({ done }) => done).map((test) => test.result());
    return { port: this.port, role: this.role, tests };
  }

  /** Whether the usual SYN's fate is known, or likely enough to go on. */
  #isSettled({ rejects }: TargetView): boolean {
    return this.syn.done || (this.syn.testPackets.length > 1 && this.syn.answerKind === null && !rejects);
  }

  /** The tests of a rejected port wait for the SYNs of all others, whose ICMP errors they would use up. */
  #mustWait({ synsDone }: TargetView): boolean {
    return this.syn.answerKind === 'icmp' && !synsDone;
  }

  #battery(target: TargetView): readonly TestSpec[] {
    if (this.#mustWait(target)) return [];
    const rejected = this.syn.answerKind === 'icmp';
    const kinds = this.role === 'control' ? CONTROL_TESTS : rejected ? REJECTED_TESTS : FIRST_TESTS;
    return kinds.filter((kind) => this.#test(kind, 1) === undefined).map((kind) => this.#spec(kind));
  }

  /** The TTLs to try next. */
  #ttls(target: TargetView): readonly number[] {
    const { syn, hops } = this;
    const results = this.#ttlResults();
    if (syn.answerKind === null)
      return this.role === 'asked' && !syn.isRefused ? nextTtlsInSilence(results, target.hostHops) : [];
    if (hops === null || !this.#needsDistance(target)) return [];
    // Errors are limited: what the first packets do not show, more would not either.
    return syn.answerKind === 'icmp' && results.size > 0 ? [] : nextTtlsToAnswer(results, hops);
  }

  /** Whether the distance to what answered the usual SYN matters. */
  #needsDistance(target: TargetView): boolean {
    const { answerKind } = this.syn;
    if (answerKind === 'local' || this.#mustWait(target)) return false;
    if (this.role === 'control') return target.firstControl === this.port;
    return (answerKind !== 'icmp' && answerKind !== 'expired') || target.firstRejected === this.port;
  }

  /** A/B/A: the usual SYN again, then the variants that fared differently, then the usual SYN once more. */
  #differences({ optionNames }: TargetView): readonly TestSpec[] {
    const { syn } = this;
    const variants = VARIANTS.flatMap((kind) => this.#test(kind, 1) ?? []);
    if (variants.length === 0 || ![syn, ...variants].every(({ done }) => done) || outcomeOf(syn) === 'error') return [];
    const different = variants.filter((test) => outcomeOf(test) !== outcomeOf(syn) && outcomeOf(test) !== 'error');
    if (different.length === 0) return [];
    if (!this.#isConfirmed('syn')) return this.#repetition('syn', 2);
    const kinds = different.map(({ spec }) => spec.kind);
    // One SYN for each option shows which of them makes the difference.
    const asksOptions = kinds.includes('syn-no-options') && this.#test('syn-option', 1) === undefined;
    return [
      ...kinds.flatMap((kind) => this.#repetition(kind, 2)),
      ...(asksOptions ? optionNames.map((option) => this.#spec('syn-option', { option })) : []),
      ...(kinds.some((kind) => this.#isConfirmed(kind)) ? this.#repetition('syn', 3) : []),
    ];
  }

  /** Whether the second test of a kind was answered as the first. */
  #isConfirmed(kind: TestKind): boolean {
    const [first, second] = [this.#test(kind, 1), this.#test(kind, 2)];
    return first !== undefined && second?.done === true && outcomeOf(second) === outcomeOf(first);
  }

  /** The repetition, unless it was started. */
  #repetition(kind: TestKind, round: number): readonly TestSpec[] {
    return this.#test(kind, round) === undefined ? [this.#spec(kind, { round })] : [];
  }

  #ttlResults(): ReadonlyMap<number, TtlResult> {
    const limited = this.#tests.filter(({ spec }) => spec.ttl !== null);
    return new Map(limited.map((test) => [test.spec.ttl as number, ttlResultOf(test)]));
  }

  #test(kind: TestKind, round: number): FirewallTest | undefined {
    return this.#tests.find(({ spec }) => spec.kind === kind && spec.round === round);
  }

  #spec(kind: TestKind, more: Partial<TestSpec> = {}): TestSpec {
    return { ...usualSyn(this.port), kind, ...more };
  }
}

/** Hops that a packet which arrived with `ttl` has most likely travelled: the routers between, plus one. */
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
