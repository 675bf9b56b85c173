import { fstatSync, ftruncateSync, write } from 'node:fs';

import type { Sink } from './environment.ts';

/** Text that may wait in memory before the producer must wait: a run that is held up misjudges time-outs. */
const HIGH_WATER = 4 * 1024 * 1024;
const RETRY_MS = 5;
/** Records that come within this time are written together: each write goes through the thread pool. */
const GATHER_MS = 4;
const GATHER_LENGTH = 64 * 1024;

/**
 * Writes to a file descriptor from the thread pool: a slow reader holds up neither capture nor timers, as it
 * would with Node's blocking `process.stdout`.
 * With `truncate`, the first write empties a regular file, not before: a run that fails keeps old results.
 */
export class FileSink implements Sink {
  readonly #descriptor: number;
  #truncate: boolean;
  #waiting: string[] = [];
  #waitingLength = 0;
  #writing = false;
  #gathering: NodeJS.Timeout | null = null;
  #error: Error | null = null;
  #onFailure: () => void = () => undefined;
  #onRoom: (() => void)[] = [];
  #onIdle: (() => void)[] = [];

  constructor(descriptor: number, { truncate }: { readonly truncate: boolean }) {
    this.#descriptor = descriptor;
    this.#truncate = truncate;
  }

  write(text: string): Promise<void> | null {
    if (this.#error !== null || text === '') return null;
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (!this.#writing) this.#gather();
    if (this.#waitingLength < HIGH_WATER) return null;
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  async finish(): Promise<void> {
    if (this.#gathering !== null) this.#writeWaiting();
    if (this.#writing) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    if (this.#error !== null) throw this.#error;
  }

  onFailure(listener: () => void): void {
    this.#onFailure = listener;
    if (this.#error !== null) listener();
  }

  #gather(): void {
    if (this.#waitingLength >= GATHER_LENGTH) this.#writeWaiting();
    else this.#gathering ??= setTimeout(() => this.#writeWaiting(), GATHER_MS);
  }

  #writeWaiting(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    this.#writing = true;
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#clearWaiting();
    try {
      if (this.#truncate && fstatSync(this.#descriptor).isFile()) ftruncateSync(this.#descriptor);
      this.#truncate = false;
      this.#writeBytes(bytes);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #writeBytes(bytes: Buffer): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      // Another process that shares the terminal or pipe may have made it non-blocking.
      if (error?.code === 'EAGAIN') setTimeout(() => this.#writeBytes(bytes), RETRY_MS);
      else if (error !== null) this.#fail(error);
      else if (written < bytes.length) this.#writeBytes(bytes.subarray(written));
      else this.#next();
    });
  }

  #fail(error: Error): void {
    this.#error = error;
    this.#clearWaiting();
    this.#rest();
    this.#onFailure();
  }

  /** Once `finish` waits, text is written without gathering. */
  #next(): void {
    if (this.#waiting.length === 0) return this.#rest();
    if (this.#onIdle.length > 0) return this.#writeWaiting();
    this.#writing = false;
    this.#gather();
  }

  #clearWaiting(): void {
    this.#waiting = [];
    this.#waitingLength = 0;
    release(this.#onRoom);
  }

  #rest(): void {
    this.#writing = false;
    release(this.#onIdle);
  }
}

/** Resolves all waiting promises. */
function release(waiters: (() => void)[]): void {
  for (const wake of waiters.splice(0)) wake();
}
