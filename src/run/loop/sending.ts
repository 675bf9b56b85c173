import type { DrivenSession } from '../../probe/session/driven-session.ts';
import type { SendBatch, Transport } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';

/** Hands batches of a session to a transport, beside the loop where both allow that, and tells the session what became of them. */
export class Sending {
  readonly #session: DrivenSession;
  readonly #transport: Transport;
  /** Batches that were posted and that the session has not heard of. */
  #underWay = 0;

  constructor(session: DrivenSession, transport: Transport) {
    this.#session = session;
    this.#transport = transport;
  }

  /** Sends `batch`, which the session has just filled, or sees to it that it is sent. Returns when to poll again because of refusals, as `flushed`. */
  send(batch: SendBatch): Nanos {
    const session = this.#session;
    const transport = this.#transport;
    if (session.runsAhead === true && transport.post()) {
      this.#underWay++;
      return Infinity;
    }
    transport.flush();
    return session.flushed(transport.now(), batch);
  }

  /** Tells the session of posted batches that are settled; returns when to poll again because of those. */
  learn(now: Nanos): Nanos {
    let next = Infinity;
    for (let batch = this.#settled(); batch !== null; batch = this.#settled())
      next = Math.min(next, this.#session.flushed(now, batch));
    return next;
  }

  /** Waits until nothing is under way, while packets come in. */
  async settle(): Promise<void> {
    const transport = this.#transport;
    while (this.#underWay > 0 && transport.fault() === null) {
      this.learn(transport.now());
      // oxlint-disable-next-line no-await-in-loop -- turns of the loop, one after the other
      if (this.#underWay > 0) await transport.wait(Infinity);
    }
  }

  #settled(): SendBatch | null {
    const batch = this.#underWay > 0 ? this.#transport.settled() : null;
    if (batch !== null) this.#underWay--;
    return batch;
  }
}
