import { SynscopeError, usageError } from '../errors.ts';
import type { Environment, Sink } from './environment.ts';

/** Where the results of one run go. */
export interface Results {
  readonly sink: Sink;
  /** True when they go to the terminal or pipe that is stdout. */
  readonly isStdout: boolean;
  /** Resolves when all is written: false when the reader closed its end. Throws an `output-failed` error. */
  readonly finish: () => Promise<boolean>;
}

/** Opens `path`, or stdout without one. Throws a usage error when it cannot be written. */
export function openResults(path: string | undefined, environment: Pick<Environment, 'stdout' | 'openFile'>): Results {
  const sink = path === undefined ? environment.stdout : openFile(path, environment);
  const name = path === undefined ? 'stdout' : `"${path}"`;
  return { sink, isStdout: path === undefined, finish: () => finish(sink, name) };
}

function openFile(path: string, environment: Pick<Environment, 'openFile'>): Sink {
  try {
    return environment.openFile(path);
  } catch (error) {
    throw usageError('--output', path, `expected a file that can be written (${systemMessage(error)})`);
  }
}

async function finish(sink: Sink, name: string): Promise<boolean> {
  try {
    await sink.finish();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE' || code === 'ECONNRESET') return false;
    throw new SynscopeError('output-failed', `results could not be written to ${name}: ${systemMessage(error)}`, {
      hint: 'what was written before is there, the rest is lost',
      cause: error,
    });
  }
}

/** `no space left on device` from Node's `ENOSPC: no space left on device, write`. */
function systemMessage(error: unknown): string {
  const { message } = error as Error;
  return /^E\w+: ([^,]+)/.exec(message)?.[1] ?? message;
}
