import { ExitCode } from './exit.ts';
import type { Environment } from './environment.ts';

/** Why and that a run must stop early. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Whether it was the user. */
  readonly byUser: () => boolean;
  /** Ends the run for another reason. */
  readonly abort: () => void;
  /** Stops listening. */
  readonly release: () => void;
}

/**
 * One Ctrl-C can arrive twice: from the terminal, and from npm, which passes it on. Two presses take
 * longer.
 */
const ONE_PRESS_MS = 200;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts the signal; the next ends the process at once, after
 * `beforeExit`.
 */
export function listenForInterruption(
  environment: Pick<Environment, 'onInterrupt' | 'exitNow' | 'now'>,
  beforeExit: () => void,
): Interruption {
  const controller = new AbortController();
  let pressedAt: number | null = null;
  const release = environment.onInterrupt(() => {
    const now = environment.now();
    pressedAt ??= now;
    controller.abort();
    if (now - pressedAt < ONE_PRESS_MS) return;
    beforeExit();
    environment.exitNow(ExitCode.interrupted);
  });
  return { signal: controller.signal, byUser: () => pressedAt !== null, abort: () => controller.abort(), release };
}
