import type { SessionStats } from '../../probe/scan/session-plan.ts';
import type { PreparedRun } from './prepare.ts';

const INTERVAL_MS = 100;

/** Whose progress it is. */
interface Progressing {
  readonly stats: Pick<SessionStats, 'pairsDone' | 'open' | 'probesSent'>;
}

/** Reports progress to whoever asked for it, at most ten times a second. */
export class ProgressClock {
  readonly #run: PreparedRun;
  readonly #session: Progressing;
  #last = 0;

  constructor(run: PreparedRun, session: Progressing) {
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
