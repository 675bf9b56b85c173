import { ExitCode } from './exit-code.ts';
import type { Environment } from './environment.ts';

/** The user's wish to stop, and other reasons for it. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Whether it was the user. */
  readonly byUser: () => boolean;
  /** Ends the run for another reason. */
  readonly abort: () => void;
  /** Stops listening. */
  readonly release: () => void;
}

/** The first SIGINT or SIGTERM aborts the signal; the second ends the process at once, after `beforeExit`. */
export function listenForInterruption(
  environment: Pick<Environment, 'onInterrupt' | 'exitNow'>,
  beforeExit: () => void,
): Interruption {
  const controller = new AbortController();
  let times = 0;
  const release = environment.onInterrupt(() => {
    times++;
    controller.abort();
    if (times < 2) return;
    beforeExit();
    environment.exitNow(ExitCode.interrupted);
  });
  return { signal: controller.signal, byUser: () => times > 0, abort: () => controller.abort(), release };
}
