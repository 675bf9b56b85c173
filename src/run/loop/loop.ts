import type { DrivenSession } from '../../probe/session/driven-session.ts';
import type { Transport, TransportFault } from '../../transport/transport.ts';
import type { Nanos } from '../../wire/numbers.ts';
import { Sending } from './sending.ts';

const MOST_LEAVE_TURNS = 100;

/** What the loop consults on each turn. */
export interface LoopOptions {
  readonly signal: AbortSignal;
  /** Called on each turn with the time; may call `session.hold`. */
  readonly onTurn: (now: Nanos) => void;
}

/**
 * Drives a session over a transport until it is finished, the signal aborts or the transport fails. Returns the fault, or null.
 * The session is stopped afterwards, and what it must still send has been sent if the transport can.
 */
export async function runSession(
  session: DrivenSession,
  transport: Transport,
  options: LoopOptions,
): Promise<TransportFault | null> {
  const wake = (): void => transport.wake();
  options.signal.addEventListener('abort', wake);
  transport.capture((bytes, offset, length, at) => session.receive(bytes, offset, length, at));
  try {
    return await turnUntilDone(session, transport, options);
  } finally {
    options.signal.removeEventListener('abort', wake);
    session.stop();
    drainOnClose(session, transport);
  }
}

/** Sends what a stopped session owes its peers. A queue that stays full that often is not waited for. */
function drainOnClose(session: DrivenSession, transport: Transport): void {
  for (let turn = 0; turn < MOST_LEAVE_TURNS; turn++) {
    const { batch } = transport;
    session.drainOnClose(batch);
    if (batch.count === 0) return;
    transport.flush();
    session.flushed(transport.now(), batch);
  }
}

async function turnUntilDone(session: DrivenSession, transport: Transport, options: LoopOptions): Promise<TransportFault | null> {
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
    options.onTurn(now);
    if (session.finished || options.signal.aborted) {
      await sending.settle();
      if (session.finished || options.signal.aborted) return null;
      next = now;
    }
    await transport.wait(next);
  }
}
