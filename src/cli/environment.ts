import type { firewallInBatches } from '../run/firewall/firewall.ts';
import type { handshakeInBatches } from '../run/handshake/handshake.ts';
import type { inspectHost } from '../run/doctor/doctor.ts';
import type { mssInBatches } from '../run/mss/mss.ts';
import type { pathInBatches } from '../run/path/path.ts';
import type { probeInBatches } from '../run/probe/probe.ts';
import type { respondInBatches } from '../run/respond/respond.ts';

/** Where results go. Text is written in order; what cannot be written at once waits in memory. */
export interface Sink {
  /** Queues `text`. Null while there is room, else a promise of room; it resolves too when the sink fails. */
  write(text: string): Promise<void> | null;
  /** Resolves when all is written. Rejects with the system's error (EPIPE, ENOSPC, ...). */
  finish(): Promise<void>;
  /** Calls `listener` once, when writing has failed. */
  onFailure(listener: () => void): void;
}

/** What is known of the terminal, or of what stands in its place. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Columns, Infinity where it is no terminal; asked anew because windows change. */
  readonly columns: () => number;
}

/** All that `main` reads and writes. */
export interface Environment {
  readonly version: string;
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly stdout: Terminal & Sink;
  /** Messages: written at once, never failing. */
  readonly stderr: Terminal & { readonly write: (text: string) => void };
  /** Opens a file for results; what it held is discarded with the first write. Throws the system's error. */
  readonly openFile: (path: string) => Sink;
  /** Calls `handler` for every SIGINT, SIGTERM and SIGHUP until the returned function is called. */
  readonly onInterrupt: (handler: () => void) => () => void;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Ends the process now. */
  readonly exitNow: (code: number) => void;
  readonly jobs: Jobs;
}

/** The runs behind the commands, loaded when they are needed: records in batches of what is ready. */
export interface Jobs {
  readonly probe: () => Promise<typeof probeInBatches>;
  readonly path: () => Promise<typeof pathInBatches>;
  readonly mss: () => Promise<typeof mssInBatches>;
  readonly handshake: () => Promise<typeof handshakeInBatches>;
  readonly firewall: () => Promise<typeof firewallInBatches>;
  readonly respond: () => Promise<typeof respondInBatches>;
  readonly doctor: () => Promise<typeof inspectHost>;
}
