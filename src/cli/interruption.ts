import { ExitCode } from './exit.ts';
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

/** One Ctrl-C can arrive twice: from the terminal, and from npm, which passes on what it gets. Nobody presses it twice as fast. */
const ONE_PRESS_MS = 200;

/** The first SIGINT or SIGTERM aborts the signal; a second press ends the process at once, after `beforeExit`. */
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
