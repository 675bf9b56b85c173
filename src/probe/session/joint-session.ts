import type { SendBatch } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import type { DrivenSession } from './driven-session.ts';

/** Several sessions over one transport: they fill batches in turn, and each gets every captured packet. */
export class JointSession implements DrivenSession {
  readonly #sessions: readonly DrivenSession[];
  /** Index of the session that filled the batch last. */
  #owner = 0;

  constructor(sessions: readonly DrivenSession[]) {
    this.#sessions = sessions;
  }

  get finished(): boolean {
    return this.#sessions.every(({ finished }) => finished);
  }

  poll(now: Nanos, batch: SendBatch): Nanos {
    const first = this.#owner + 1;
    const dues: Nanos[] = [];
    for (let step = 0; step < this.#sessions.length; step++) {
      this.#owner = (first + step) % this.#sessions.length;
      dues[this.#owner] = this.#current.poll(now, batch);
      // Those that have not been asked yet have their turn at once.
      if (batch.count > 0) return now;
    }
    // One session may have given another, which had nothing to do when it was asked, something to do.
    const hasNewWork = this.#sessions.some((session, index) => dues[index] === Infinity && !session.finished);
    return hasNewWork ? now : Math.min(...dues);
  }

  flushed(now: Nanos, batch: SendBatch): Nanos {
    return this.#current.flushed(now, batch);
  }

  receive(bytes: Uint8Array, offset: number, length: number, at: Nanos): void {
    for (const session of this.#sessions) session.receive(bytes, offset, length, at);
  }

  noteDrops(now: Nanos, drops: number | null): void {
    for (const session of this.#sessions) session.noteDrops(now, drops);
  }

  stop(): void {
    for (const session of this.#sessions) session.stop();
  }

  drainOnClose(batch: SendBatch): void {
    for (const [index, session] of this.#sessions.entries()) {
      this.#owner = index;
      session.drainOnClose(batch);
      if (batch.count > 0) return;
    }
  }

  get #current(): DrivenSession {
    return this.#sessions[this.#owner] as DrivenSession;
  }
}
