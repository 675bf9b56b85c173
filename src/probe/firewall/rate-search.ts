import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { Answer, TestPacket, TestPacketSender, TestSpec } from './firewall-test.ts';

/** One step of the search: SYNs at one rate, and their answers. */
export interface RateStep {
  /** `climb` until SYNs are lost, `measure` what passes, `confirm` that a slower rate passes entirely. */
  readonly phase: 'climb' | 'measure' | 'confirm';
  /** SYNs a second. */
  readonly rate: number;
  readonly sent: number;
  readonly answered: number;
  /** Answers a second to the SYNs of the step's second half, after a limiter's burst allowance is used up. */
  readonly passed: number;
}

/** The rates tried in turn, in SYNs a second. */
const CLIMB: readonly number[] = [20, 50, 100, 200, 500, 1000];
const CLIMB_TIME: Nanos = 600 * NANOS_PER_MS;
const MEASURE_TIME: Nanos = 1600 * NANOS_PER_MS;
/** Time for the last answers of a step, and for a limiter to recover. */
const SETTLE: Nanos = 300 * NANOS_PER_MS;
const LOSS_THAT_COUNTS = 0.1;
const CONFIRM_SHARE = 0.7;
const SLOWEST = 2;

/** The SYNs of one step and their answers. */
class Burst implements TestPacketSender {
  readonly spec: TestSpec;
  readonly phase: RateStep['phase'];
  readonly rate: number;
  readonly count: number;
  readonly testPackets: TestPacket[] = [];
  readonly #answered: Set<TestPacket> = new Set();
  readonly #start: Nanos;

  constructor(spec: TestSpec, { phase, rate }: Pick<RateStep, 'phase' | 'rate'>, start: Nanos) {
    this.spec = spec;
    this.phase = phase;
    this.rate = rate;
    this.count = Math.max(4, Math.round((rate * (phase === 'climb' ? CLIMB_TIME : MEASURE_TIME)) / NANOS_PER_SECOND));
    this.#start = start;
  }

  /** When the next SYN is due; Infinity when all are sent. */
  get dueAt(): Nanos {
    return this.testPackets.length >= this.count
      ? Infinity
      : this.#start + (this.testPackets.length * NANOS_PER_SECOND) / this.rate;
  }

  get endsAt(): Nanos {
    return this.#start + (this.count * NANOS_PER_SECOND) / this.rate + SETTLE;
  }

  add(testPacket: TestPacket): void {
    this.testPackets.push(testPacket);
  }

  take({ testPacket, kind }: Answer): void {
    if (kind === 'syn-ack' || kind === 'rst') this.#answered.add(testPacket);
  }

  step(): RateStep {
    const { phase, rate } = this;
    const half = this.testPackets.slice(Math.floor(this.testPackets.length / 2));
    const passed = half.filter((testPacket) => this.#answered.has(testPacket)).length;
    const seconds = half.length / rate;
    return {
      phase,
      rate,
      sent: this.testPackets.length,
      answered: this.#answered.size,
      passed: seconds === 0 ? 0 : passed / seconds,
    };
  }
}

/** A bounded search for the rate at which SYNs to one port begin to be lost: 4,000 SYNs and 10 s at most. */
export class RateSearch {
  readonly #spec: TestSpec;
  readonly #steps: RateStep[] = [];
  #burst: Burst | null = null;

  constructor(port: number) {
    this.#spec = { kind: 'syn-rate', port, ttl: null, option: null, round: 1 };
  }

  get port(): number {
    return this.#spec.port;
  }

  get steps(): readonly RateStep[] {
    return this.#steps;
  }

  /** The step whose SYN is due at `now`, or null. */
  due(now: Nanos): TestPacketSender | null {
    this.#burst ??= new Burst(this.#spec, { phase: 'climb', rate: CLIMB[0] as number }, now);
    return this.#burst.dueAt <= now ? this.#burst : null;
  }

  /** When to call `due` or `advance` again. */
  nextAt(): Nanos {
    return this.#burst === null ? 0 : Math.min(this.#burst.dueAt, this.#burst.endsAt);
  }

  /** Begins the next step when one is over; true once the search is over. */
  advance(now: Nanos): boolean {
    const burst = this.#burst;
    if (burst === null || now < burst.endsAt) return false;
    const step = burst.step();
    this.#steps.push(step);
    const next = nextStep(step);
    this.#burst = next === null ? null : new Burst(this.#spec, next, now);
    return next === null;
  }
}

function nextStep({ phase, rate, sent, answered, passed }: RateStep): Pick<RateStep, 'phase' | 'rate'> | null {
  if (phase === 'confirm') return null;
  if (phase === 'measure') return { phase: 'confirm', rate: Math.max(SLOWEST, passed * CONFIRM_SHARE) };
  if (answered < sent * (1 - LOSS_THAT_COUNTS)) return { phase: 'measure', rate };
  const faster = CLIMB[CLIMB.indexOf(rate) + 1];
  return faster === undefined ? null : { phase: 'climb', rate: faster };
}
