import { createProgress, type ProgressValues } from '../report/probe/progress.ts';
import type { Environment } from './environment.ts';
import { visible } from './exit.ts';

const PROGRESS_INTERVAL_MS = 200;
/** Carriage return, and "erase in line" to its end (ECMA-48, 8.3.41). */
const ERASE = '\r\u001B[K';

/**
 * What is written to stderr beside the results: lines, and a progress line that comes and goes below them.
 */
export interface Messages {
  /** A line in its own right, without its newline. */
  readonly line: (text: string) => void;
  /** Each warning once; none when quiet. */
  readonly warning: (text: string) => void;
  /** Shows progress at most five times a second; null where it would not be seen. */
  readonly progress: ((values: ProgressValues) => void) | null;
  /** Erases the progress line before something else is written. */
  readonly clear: () => void;
}

/** Messages on `stderr`; progress only on a terminal that can erase a line, and not when `quiet`. */
export function createMessages(environment: Pick<Environment, 'stderr' | 'variables'>, quiet: boolean): Messages {
  const { stderr, variables } = environment;
  const warned = new Set<string>();
  let shown = false;
  const clear = (): void => {
    if (shown) stderr.write(ERASE);
    shown = false;
  };
  const line = (text: string): void => {
    clear();
    stderr.write(`synscope: ${visible(text)}\n`);
  };
  const warning = (text: string): void => {
    if (quiet || warned.has(text)) return;
    warned.add(text);
    line(`warning: ${text}`);
  };
  const progressText = createProgress();
  let last = -Infinity;
  const progress = (values: ProgressValues): void => {
    if (values.elapsedMs - last < PROGRESS_INTERVAL_MS) return;
    last = values.elapsedMs;
    // The last column stays free: a full line would wrap, and could not be erased.
    const text = progressText(values, stderr.columns() - 1);
    if (text === null) return;
    stderr.write(`${ERASE}${text}`);
    shown = true;
  };
  const canErase = stderr.isTerminal && variables['TERM'] !== 'dumb';
  return { line, warning, progress: quiet || !canErase ? null : progress, clear };
}
