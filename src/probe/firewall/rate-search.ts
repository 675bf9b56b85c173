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

/** A bounded search for the rate at which SYNs to one port begin to be lost: 4,000 SYNs and 10 s at most. */
export class RateSearch implements TestPacketSender {
  readonly spec: TestSpec;
  readonly steps: RateStep[] = [];
  readonly #answered: Set<TestPacket> = new Set();
  /** The step in progress, and its SYNs. */
  #step: Pick<RateStep, 'phase' | 'rate'> = { phase: 'climb', rate: CLIMB[0] as number };
  #testPackets: TestPacket[] = [];
  #start: Nanos | null = null;

  constructor(port: number) {
    this.spec = { kind: 'syn-rate', port, ttl: null, option: null, round: 1 };
  }

  /** Whether a SYN is due at `now`. */
  poll(now: Nanos): boolean {
    this.#start ??= now;
    return this.#testPackets.length < this.#count && this.#timeOf(this.#testPackets.length) <= now;
  }

  add(testPacket: TestPacket): void {
    this.#testPackets.push(testPacket);
  }

  take({ testPacket, kind }: Answer): void {
    if (kind === 'syn-ack' || kind === 'rst') this.#answered.add(testPacket);
  }

  /** When to call `poll` or `advance` again. */
  nextAt(): Nanos {
    const sent = this.#testPackets.length;
    return sent < this.#count ? this.#timeOf(sent) : this.#endsAt;
  }

  /** Begins the next step when one is over; true once the search is over. */
  advance(now: Nanos): boolean {
    if (this.#start === null || now < this.#endsAt) return false;
    const step = this.#result();
    this.steps.push(step);
    const next = nextStep(step);
    if (next !== null) this.#step = next;
    this.#testPackets = [];
    this.#start = now;
    return next === null;
  }

  /** SYNs of the step. */
  get #count(): number {
    const { phase, rate } = this.#step;
    return Math.max(4, Math.round((rate * (phase === 'climb' ? CLIMB_TIME : MEASURE_TIME)) / NANOS_PER_SECOND));
  }

  get #endsAt(): Nanos {
    return this.#timeOf(this.#count) + SETTLE;
  }

  #timeOf(index: number): Nanos {
    return (this.#start ?? 0) + (index * NANOS_PER_SECOND) / this.#step.rate;
  }

  #result(): RateStep {
    const sent = this.#testPackets.length;
    const half = this.#testPackets.slice(Math.floor(sent / 2));
    const seconds = half.length / this.#step.rate;
    const answered = this.#testPackets.filter((testPacket) => this.#answered.has(testPacket)).length;
    const passed = half.filter((testPacket) => this.#answered.has(testPacket)).length;
    return { ...this.#step, sent, answered, passed: seconds === 0 ? 0 : passed / seconds };
  }
}

function nextStep({ phase, rate, sent, answered, passed }: RateStep): Pick<RateStep, 'phase' | 'rate'> | null {
  if (phase === 'confirm') return null;
  if (phase === 'measure') return { phase: 'confirm', rate: Math.max(SLOWEST, passed * CONFIRM_SHARE) };
  if (answered < sent * (1 - LOSS_THAT_COUNTS)) return { phase: 'measure', rate };
  const faster = CLIMB[CLIMB.indexOf(rate) + 1];
  return faster === undefined ? null : { phase: 'climb', rate: faster };
}
