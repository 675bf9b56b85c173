import type { Routes, Transport } from '../transport/transport.ts';

/** What an engine needs to open its sockets. */
export interface EngineOptions {
  /** Ports that replies arrive at; reserved by the caller before. */
  readonly sourcePorts: readonly number[];
  /** Bind sending to this interface, or null for the kernel's routing. */
  readonly interface: string | null;
  readonly routes: Routes;
  /** Called once with each line that the user should see (a degraded feature, never an error). */
  readonly warn: (line: string) => void;
}

/** Why an engine cannot run here, with what to do about it. */
export interface EngineProblem {
  readonly code: 'not-permitted' | 'not-installed' | 'not-supported';
  readonly message: string;
  readonly hint: string;
}

/** A way to send and capture on this host: one folder under engine/, one line in its table. */
export interface Engine {
  readonly name: 'packet-ring' | 'raw-cap';
  /** One line for `doctor`. */
  readonly description: string;
  /** Tries what `open` would need and closes it again; null when all is well. */
  check(): Promise<EngineProblem | null>;
  /** Throws a SynscopeError (not permitted, not installed, no such interface). */
  open(options: EngineOptions): Promise<Transport>;
}
