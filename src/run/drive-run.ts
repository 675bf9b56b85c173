import { SynscopeError } from '../errors.ts';
import type { DrivenSession } from '../probe/session/driven-session.ts';
import { NANOS_PER_MS, type Nanos } from '../wire/numbers.ts';
import { runSession } from './loop.ts';
import type { Driving } from './record-stream.ts';
import type { RunEnd } from './run-records.ts';

/** What a run drives, and how it ends. */
export interface Drive<R> {
  readonly session: DrivenSession;
  /** Called on each turn of the loop. */
  readonly onTurn?: (now: Nanos) => void;
  /** Emits the records that are still due when the session is over. */
  readonly finish?: () => void | Promise<void>;
  /** The last record. */
  readonly summary: (end: RunEnd) => R;
  /** Whether there were results and no target had a route; absent: not asked. */
  readonly nothingRouted?: () => boolean;
}

/** Drives a session to its end and emits the summary. Resolves with what failed: the interface was lost, or no target had a route; null otherwise. */
export async function driveRun<R>(
  { open, queue, signal }: Driving<R>,
  { session, onTurn, finish, summary, nothingRouted }: Drive<R>,
): Promise<SynscopeError | null> {
  const { transport } = open;
  const fault = await runSession(session, transport, { signal, onTurn });
  await finish?.();
  const interrupted = fault === null && signal.aborted;
  queue.push(summary({ drops: transport.drops(), durationMs: transport.now() / NANOS_PER_MS, interrupted }));
  if (fault !== null) return new SynscopeError('interface-lost', fault.message, { hint: fault.hint });
  if (interrupted || nothingRouted?.() !== true) return null;
  return new SynscopeError('no-route', 'no target could be reached: this host has no route to any of them', {
    hint: 'see `ip route get ADDRESS`, or `synscope doctor ADDRESS`',
  });
}
