import { initialTtl } from '../initial-ttl.ts';
import { CONTROL_TESTS, FIRST_TESTS, type TestKind, VARIANTS } from './battery.ts';
import { nextTtlsInSilence, nextTtlsToAnswer, type TtlResult } from './distance.ts';
import type { AnswerKind, FirewallTest, TestResult, TestSpec } from './firewall-test.ts';

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
}

/** Which of two answers differ. */
type Outcome = AnswerKind | 'silent' | 'error';

/** One port under test: the first battery, then how far its answers come from, then A/B/A where a variant was answered in another way. */
export class PortCase {
  readonly port: number;
  readonly role: PortRole;
  readonly #context: CaseContext;
  readonly #tests: FirewallTest[] = [];

  constructor(port: number, role: PortRole, context: CaseContext) {
    this.port = port;
    this.role = role;
    this.#context = context;
    for (const kind of role === 'asked' ? FIRST_TESTS : CONTROL_TESTS) this.#start(kind);
  }

  /** Starts what the results so far ask for; true once nothing is under way any more. */
  advance(): boolean {
    this.#advanceDistance();
    if (this.role === 'asked') this.#advanceDifferences();
    return this.#tests.every(({ done }) => done);
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

  #advanceDistance(): void {
    const { syn } = this;
    const kind = syn.answerKind;
    const isSilent = kind === null && (syn.done ? outcomeOf(syn) === 'silent' : syn.shots.length > 1);
    if (kind === 'local' || (this.role === 'control' && kind !== 'syn-ack' && kind !== 'rst')) return;
    const results = this.#ttlResults();
    if (this.hops !== null) this.#startTtls(nextTtlsToAnswer(results, this.hops));
    else if (isSilent) this.#startTtls(nextTtlsInSilence(results, this.#context.hostHops()));
  }

  #advanceDifferences(): void {
    const { syn } = this;
    const variants = VARIANTS.map((kind) => this.#test(kind, 1) as FirewallTest);
    if (![syn, ...variants].every(({ done }) => done) || outcomeOf(syn) === 'error') return;
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
  if (test.answerKind === 'local') return 'error';
  return test.answerKind ?? (test.isRefused ? 'error' : 'silent');
}

function ttlResultOf(test: FirewallTest): TtlResult {
  if (!test.done) return 'pending';
  if (test.answerKind === null || test.answerKind === 'local') return 'silent';
  return test.answerKind === 'expired' ? 'expired' : 'answered';
}
