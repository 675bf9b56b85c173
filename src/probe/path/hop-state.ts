import type { Nanos } from '../../wire/numbers.ts';
import type { HopResult, PathAnswer, PathProbe } from './path-probe.ts';

/** `queued`: a probe is to leave. `waiting`: one is out. `settled`: enough answers, or enough silence. */
type Phase = 'queued' | 'waiting' | 'settled';

/** How often a TTL is probed. */
export interface HopPatience {
  /** Answers wanted. */
  readonly samples: number;
  /** Probes for each of them. */
  readonly attempts: number;
}

/** One TTL of a trace under way. */
export class HopState {
  readonly ttl: number;
  readonly probes: PathProbe[] = [];
  readonly answers: PathAnswer[] = [];
  phase: Phase = 'queued';
  /** Since the last answer. */
  attempts: number = 0;
  /** When the probe that is out counts as lost. */
  dueAt: Nanos = Infinity;
  /** Probes whose fate is not known: something came back that did not say for which of several it was. */
  #undecided = 0;

  constructor(ttl: number) {
    this.ttl = ttl;
  }

  get result(): HopResult {
    return { ttl: this.ttl, sent: this.probes.length - this.#undecided, answers: this.answers };
  }

  /** Its next probe has been posted. */
  sent(probe: PathProbe, dueAt: Nanos): void {
    this.probes.push(probe);
    this.attempts++;
    this.phase = 'waiting';
    this.dueAt = dueAt;
  }

  /** One of its probes was answered; false for a copy of an answer that is known. */
  answered(answer: PathAnswer, { samples }: HopPatience): boolean {
    const isKnown = this.answers.some(({ probe, from, reason }) => {
      return probe === answer.probe && from === answer.from && reason === answer.reason;
    });
    if (isKnown) return false;
    this.answers.push(answer);
    this.attempts = 0;
    this.phase = this.answers.length >= samples ? 'settled' : 'queued';
    return true;
  }

  /** Gives up the probe that is out, if its time is over; true if it did. */
  expire(now: Nanos): boolean {
    if (this.phase !== 'waiting' || now < this.dueAt) return false;
    this.phase = 'settled';
    return true;
  }

  /** Asks again where silence was believed too early, if there are attempts left. */
  retry({ samples, attempts }: HopPatience): void {
    if (this.phase === 'settled' && this.answers.length < samples && this.attempts < attempts) this.phase = 'queued';
  }

  /** Begins anew, unless it was answered. */
  reopen(): void {
    if (this.answers.length > 0) return;
    this.phase = 'queued';
    this.attempts = 0;
    this.#undecided = this.probes.length;
  }
}
