import type { Nanos } from '../../../src/wire/numbers.ts';
import { milliseconds } from '../middlebox.ts';
import type { Act } from './application.ts';

interface DueAct {
  readonly act: Act;
  readonly at: Nanos;
}

/** Acts of an application, by due time. */
export class ActQueue {
  #due: DueAct[] = [];

  /** Time of the next act; Infinity when there is none. */
  get nextAt(): Nanos {
    return Math.min(Infinity, ...this.#due.map(({ at }) => at));
  }

  /** Time of the last act; 0 when there is none. */
  get lastAt(): Nanos {
    return Math.max(0, ...this.#due.map(({ at }) => at));
  }

  /** Adds acts whose cause was at `now`. */
  push(acts: readonly Act[], now: Nanos): void {
    for (const act of acts) this.#due.push({ act, at: now + milliseconds(act.afterMs ?? 0) });
  }

  /** Removes and returns the acts that are due by `now`, in order of time. */
  take(now: Nanos): readonly Act[] {
    const due = this.#due.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
    this.#due = this.#due.filter(({ at }) => at > now);
    return due.map(({ act }) => act);
  }
}
