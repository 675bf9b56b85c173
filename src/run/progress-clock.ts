import type { ProbeSession } from '../probe/session.ts';
import type { PreparedRun } from './prepare.ts';

const INTERVAL_MS = 100;

/** Reports progress to whoever asked for it, at most ten times a second. */
export class ProgressClock {
  readonly #run: PreparedRun;
  readonly #session: ProbeSession;
  #last = 0;

  constructor(run: PreparedRun, session: ProbeSession) {
    this.#run = run;
    this.#session = session;
  }

  tick(elapsedMs: number): void {
    const { onProgress } = this.#run.options;
    if (onProgress === undefined || elapsedMs - this.#last < INTERVAL_MS) return;
    this.#last = elapsedMs;
    const { stats } = this.#session;
    onProgress({
      elapsedMs,
      pairsDone: stats.pairsDone,
      pairsTotal: this.#run.order.length,
      open: stats.open,
      probesSent: stats.probesSent,
    });
  }
}
