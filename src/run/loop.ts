import type { DrivenSession } from '../probe/session/driven-session.ts';
import type { SendBatch, Transport, TransportFault } from '../transport/transport.ts';
import type { Nanos } from '../wire/numbers.ts';

/** Batches that a stopped session may still send. */
const MOST_DRAIN_TURNS = 100;

/** A session, and what is called while it lasts. */
export interface Turns {
  readonly session: DrivenSession;
  /** Called on each turn of the loop with the time; may call `session.hold`. */
  readonly onTurn?: (now: Nanos) => void;
}

/**
 * Drives a session until it is finished, the signal aborts or the transport fails. Then stops it and sends
 * what it still owes, if the transport can. Returns the fault, or null.
 */
export async function runSession(turns: Turns, transport: Transport, signal: AbortSignal): Promise<TransportFault | null> {
  const { session } = turns;
  const wake = (): void => transport.wake();
  signal.addEventListener('abort', wake);
  transport.capture((bytes, offset, length, at) => session.receive(bytes, offset, length, at));
  try {
    return await turnUntilDone(turns, transport, signal);
  } finally {
    signal.removeEventListener('abort', wake);
    session.stop();
    drainOnClose(session, transport);
  }
}

/** Sends what a stopped session owes its peers, such as resets. Gives up when the queue stays full. */
function drainOnClose(session: DrivenSession, transport: Transport): void {
  for (let turn = 0; turn < MOST_DRAIN_TURNS; turn++) {
    const { batch } = transport;
    session.drainOnClose(batch);
    if (batch.count === 0) return;
    transport.flush();
    session.flushed(transport.now(), batch);
  }
}

async function turnUntilDone(
  { session, onTurn }: Turns,
  transport: Transport,
  signal: AbortSignal,
): Promise<TransportFault | null> {
  const sending = new Sending(session, transport);
  for (;;) {
    const fault = transport.fault();
    if (fault !== null) return fault;
    const now = transport.now();
    session.noteDrops(now, transport.drops());
    let next = sending.learn(now);
    const { batch } = transport;
    next = Math.min(next, session.poll(now, batch));
    if (batch.count > 0) next = Math.min(next, sending.send(batch));
    onTurn?.(now);
    if (session.finished || signal.aborted) {
      await sending.settle();
      if (session.finished || signal.aborted) return null;
      next = now;
    }
    await transport.wait(next);
  }
}

/**
 * Hands a session's batches to a transport, on another thread where both allow it, and reports back to the
 * session.
 */
class Sending {
  readonly #session: DrivenSession;
  readonly #transport: Transport;
  /** Batches posted and not yet reported to the session. */
  #underWay = 0;

  constructor(session: DrivenSession, transport: Transport) {
    this.#session = session;
    this.#transport = transport;
  }

  /**
   * Sends or posts `batch`, which the session has just filled. Returns when to poll again, as `flushed`
   * does.
   */
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

  /** Reports settled batches to the session. Returns when to poll again because of them. */
  learn(now: Nanos): Nanos {
    let next = Infinity;
    for (let batch = this.#settled(); batch !== null; batch = this.#settled())
      next = Math.min(next, this.#session.flushed(now, batch));
    return next;
  }

  /** Waits until no batch is under way; packets are received meanwhile. */
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
