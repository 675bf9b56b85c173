import type { Nanos } from '../../wire/numbers.ts';
import type { HopResult, PathAnswer, PathProbe } from './path-probe.ts';

/** `queued`: a probe is to leave. `waiting`: one is in flight. `settled`: answered enough, or silent. */
type Phase = 'queued' | 'waiting' | 'settled';

/** How often a TTL is probed. */
export interface ProbesPerHop {
  /** Answers wanted. */
  readonly samples: number;
  /** Probes for each answer. */
  readonly attempts: number;
}

/** One TTL of a running trace. */
export class HopState {
  readonly ttl: number;
  readonly probes: PathProbe[] = [];
  readonly answers: PathAnswer[] = [];
  phase: Phase = 'queued';
  /** Probes since the last answer. */
  attempts: number = 0;
  /** When the probe in flight counts as lost. */
  dueAt: Nanos = Infinity;
  /** Probes of unknown fate: an answer did not name its probe. */
  #undecided = 0;

  constructor(ttl: number) {
    this.ttl = ttl;
  }

  get result(): HopResult {
    return { ttl: this.ttl, sent: this.probes.length - this.#undecided, answers: this.answers };
  }

  /** Notes that the next probe was posted. */
  sent(probe: PathProbe, dueAt: Nanos): void {
    this.probes.push(probe);
    this.attempts++;
    this.phase = 'waiting';
    this.dueAt = dueAt;
  }

  /** Takes an answer to one of the probes; false for a copy of a known answer. */
  answered(answer: PathAnswer, { samples }: ProbesPerHop): boolean {
    const { probe, from, reason } = answer;
    if (this.answers.some((one) => one.probe === probe && one.from === from && one.reason === reason)) return false;
    this.answers.push(answer);
    this.attempts = 0;
    this.phase = this.answers.length >= samples ? 'settled' : 'queued';
    return true;
  }

  /** Gives up an overdue probe; true if there was one. */
  expire(now: Nanos): boolean {
    if (this.phase !== 'waiting' || now < this.dueAt) return false;
    this.phase = 'settled';
    return true;
  }

  /** Probes again after silence, if attempts are left. */
  retry({ samples, attempts }: ProbesPerHop): void {
    if (this.phase === 'settled' && this.answers.length < samples && this.attempts < attempts) this.phase = 'queued';
  }

  /** Starts over, unless it was answered. */
  reopen(): void {
    if (this.answers.length > 0) return;
    this.phase = 'queued';
    this.attempts = 0;
    this.#undecided = this.probes.length;
  }
}
