import type { DoctorRecord } from '../records/doctor/records.ts';
import type { HandshakeRunRecord } from '../records/handshake/records.ts';
import type { MssRunRecord } from '../records/mss/records.ts';
import type { ProbeRecord } from '../records/probe/records.ts';
import type { PathCommandRecord } from '../records/path/records.ts';
import type { PathOptions } from '../run/path/path.ts';
import type { HandshakeOptions } from '../run/handshake/prepare-handshake.ts';
import type { MssOptions } from '../run/mss/prepare-mss.ts';
import type { FirewallRecord } from '../records/firewall/records.ts';
import type { FirewallOptions } from '../run/firewall/firewall.ts';
import type { RespondRecord } from '../records/respond/records.ts';
import type { ProbeOptions } from '../run/probe/prepare.ts';
import type { RespondOptions } from '../run/respond/respond.ts';

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
  /** Calls `handler` for every SIGINT and SIGTERM until the returned function is called. */
  readonly onInterrupt: (handler: () => void) => () => void;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Ends the process now. */
  readonly exitNow: (code: number) => void;
  readonly jobs: Jobs;
}

/** The run of a command: its records, in batches of what is ready. */
export type RecordJob<O, R> = (options: O) => AsyncIterable<readonly R[]>;

/** The runs behind the commands, loaded when they are needed. */
export interface Jobs {
  readonly probe: () => Promise<RecordJob<ProbeOptions, ProbeRecord>>;
  readonly path: () => Promise<RecordJob<PathOptions, PathCommandRecord>>;
  readonly mss: () => Promise<RecordJob<MssOptions, MssRunRecord>>;
  readonly handshake: () => Promise<RecordJob<HandshakeOptions, HandshakeRunRecord>>;
  readonly firewall: () => Promise<RecordJob<FirewallOptions, FirewallRecord>>;
  readonly respond: () => Promise<RecordJob<RespondOptions, RespondRecord>>;
  readonly doctor: () => Promise<(targets: readonly string[]) => Promise<DoctorRecord>>;
}
