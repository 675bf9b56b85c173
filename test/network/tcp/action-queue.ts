import type { Nanos } from '../../../src/wire/numbers.ts';
import { milliseconds } from '../middlebox.ts';
import type { Action } from './application.ts';

interface DueAction {
  readonly action: Action;
  readonly at: Nanos;
}

/** Acts of an application, by due time. */
export class ActionQueue {
  #due: DueAction[] = [];

  /** Time of the next action; Infinity when there is none. */
  get nextAt(): Nanos {
    return Math.min(Infinity, ...this.#due.map(({ at }) => at));
  }

  /** Time of the last action; 0 when there is none. */
  get lastAt(): Nanos {
    return Math.max(0, ...this.#due.map(({ at }) => at));
  }

  /** Adds actions whose cause was at `now`. */
  push(actions: readonly Action[], now: Nanos): void {
    for (const action of actions) this.#due.push({ action, at: now + milliseconds(action.afterMs ?? 0) });
  }

  /** Removes and returns the actions that are due by `now`, in order of time. */
  take(now: Nanos): readonly Action[] {
    const due = this.#due.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
    this.#due = this.#due.filter(({ at }) => at > now);
    return due.map(({ action }) => action);
  }
}
