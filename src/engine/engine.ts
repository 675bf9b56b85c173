import { SynscopeError } from '../errors.ts';
import type { Routes, SendBatch, SendPathName, Transport } from '../transport/transport.ts';

/** What a run asks of its send path. */
export interface SendDemand {
  /** The user's choice; `auto` for the engine's own. */
  readonly path: 'auto' | SendPathName;
  /** Packets a second: Infinity for as many as this host can, null for what the path is found to carry. */
  readonly rate: number | null;
  /** Bytes of the longest packet of the run. */
  readonly packetBytes: number;
}

/** What an engine needs to open its sockets. */
export interface EngineOptions {
  /** Ports that replies arrive at; reserved by the caller before. */
  readonly sourcePorts: readonly number[];
  /** Bind sending to this interface, or null for the kernel's routing. */
  readonly interface: string | null;
  readonly routes: Routes;
  /** About how many packets the run sends when all goes well; absent where that is unknown. */
  readonly packets?: number;
  /** How fast packets are to leave; absent where the kernel's own way is fast enough. */
  readonly sending?: SendDemand;
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

/** What an engine's folder gives; the table has names, so that engines are listed without loading them. */
export type EngineCode = Pick<Engine, 'check' | 'open'>;

/** The error that ends a run for want of an engine: exit code 3. */
export function engineError(problem: EngineProblem): SynscopeError {
  const code = problem.code === 'not-permitted' ? 'not-permitted' : 'not-installed';
  return new SynscopeError(code, problem.message, { hint: problem.hint });
}

/** A batch of `capacity` slots over `bytes`, which holds at least `capacity * slotSize` of them. */
export function newBatch(bytes: Uint8Array, capacity: number, slotSize: number): SendBatch {
  return {
    capacity,
    slotSize,
    bytes,
    lengths: new Uint16Array(capacity),
    tags: new Int32Array(capacity),
    errors: new Int32Array(capacity),
    sentAt: new Float64Array(capacity),
    count: 0,
  };
}
