import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { Answer, TestPacket, TestPacketSender, TestSpec } from './firewall-test.ts';

/** One step of the search: so many SYNs at one rate, and what came back. */
export interface RateStep {
  /** `climb` until SYNs are lost, `measure` what passes, `confirm` that less than that passes whole. */
  readonly phase: 'climb' | 'measure' | 'confirm';
  /** SYNs a second. */
  readonly rate: number;
  readonly sent: number;
  readonly answered: number;
  /** Answers a second to the SYNs of the step's second half, when what a limiter had saved up is spent. */
  readonly passed: number;
}

/** SYNs a second that are tried in turn. */
const CLIMB: readonly number[] = [20, 50, 100, 200, 500, 1000];
const CLIMB_TIME: Nanos = 600 * NANOS_PER_MS;
const MEASURE_TIME: Nanos = 1600 * NANOS_PER_MS;
/** How long the last answers of a step are waited for, and a limiter left to fill again. */
const SETTLE: Nanos = 300 * NANOS_PER_MS;
const LOSS_THAT_COUNTS = 0.1;
const CONFIRM_SHARE = 0.7;
const SLOWEST = 2;

/** SYNs of one step, counted. */
class Burst implements TestPacketSender {
  readonly phase: RateStep['phase'];
  readonly rate: number;
  readonly count: number;
  readonly testPackets: TestPacket[] = [];
  readonly #answered: Set<TestPacket> = new Set();
  readonly #start: Nanos;

  constructor(phase: RateStep['phase'], rate: number, start: Nanos) {
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
  readonly spec: TestSpec;
  readonly #steps: RateStep[] = [];
  #burst: Burst | null = null;

  constructor(port: number) {
    this.spec = { kind: 'syn-rate', port, ttl: null, option: null, round: 1 };
  }

  get steps(): readonly RateStep[] {
    return this.#steps;
  }

  /** Whose SYN is due at `now`, or null. */
  due(now: Nanos): TestPacketSender | null {
    this.#burst ??= new Burst('climb', CLIMB[0] as number, now);
    return this.#burst.dueAt <= now ? this.#burst : null;
  }

  add(testPacket: TestPacket): void {
    this.#burst?.testPackets.push(testPacket);
  }

  /** When to look again. */
  nextAt(): Nanos {
    return this.#burst === null ? 0 : Math.min(this.#burst.dueAt, this.#burst.endsAt);
  }

  /** Goes on to the next step when one is over; true once the search is. */
  advance(now: Nanos): boolean {
    const burst = this.#burst;
    if (burst === null || now < burst.endsAt) return false;
    const step = burst.step();
    this.#steps.push(step);
    const next = nextStep(step);
    this.#burst = next === null ? null : new Burst(next.phase, next.rate, now);
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
