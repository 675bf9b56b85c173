import { Errno, errnoName, errnoText } from '../../transport/errno.ts';
import type { EngineProblem } from '../engine.ts';
import { Capability, holds, readPrivileges, netRawProblem } from '../linux/capabilities.ts';
import { ints, type MappedMemory, type SystemCalls } from '../linux/system-calls.ts';

/** What `-errno` of a step of opening a socket means for the engine. */
export type Explain = (what: string, result: number) => EngineProblem;

/** Ends the opening of a socket: `-errno` of what was tried. */
export class Refusal extends Error {
  readonly what: string;
  readonly result: number;

  constructor(what: string, result: number) {
    super(what);
    this.what = what;
    this.result = result;
  }
}

/** A socket with the memory mapped for it. What fails while it is opened throws a Refusal. */
export class KernelSocket {
  readonly calls: SystemCalls;
  readonly descriptor: number;
  isOpen = true;
  readonly #mapped: MappedMemory[] = [];

  constructor(calls: SystemCalls, descriptor: number) {
    this.calls = calls;
    this.descriptor = descriptor;
  }

  /** Maps `length` bytes of the socket from `offset` on, or fresh memory. */
  map(what: string, length: number, offset: number | 'fresh'): MappedMemory {
    const [descriptor, from] = offset === 'fresh' ? [-1, 0] : [this.descriptor, offset];
    const memory = this.calls.map(descriptor, length, from);
    if (typeof memory === 'number') throw new Refusal(what, memory);
    this.#mapped.push(memory);
    return memory;
  }

  need(what: string, result: number): void {
    if (result < 0) throw new Refusal(what, result);
  }

  /** Sets an option of one int; returns 0 or `-errno`. */
  setInt(level: number, option: number, value: number): number {
    return this.calls.setOption(this.descriptor, level, option, ints(value));
  }

  /** Idempotent. */
  close(): void {
    if (this.isOpen) this.calls.close(this.descriptor);
    this.#unmap();
  }

  /** The same in a thread of the pool. */
  async closeLater(): Promise<void> {
    this.#unmap();
    await this.calls.closeLater(this.descriptor);
  }

  #unmap(): void {
    this.isOpen = false;
    for (const memory of this.#mapped.splice(0)) this.calls.unmap(memory);
  }
}

/** What `build` makes of a socket, or the problem; nothing stays open when a step fails or throws. */
export function openSocket<T>(
  calls: SystemCalls,
  [what, ...kind]: readonly [what: string, family: number, type: number, protocol: number],
  build: (socket: KernelSocket) => T,
  explain: Explain = kernelRefusal,
): T | EngineProblem {
  const descriptor = calls.socket(...kind);
  if (descriptor < 0) return explain(what, descriptor);
  const socket = new KernelSocket(calls, descriptor);
  try {
    return build(socket);
  } catch (error) {
    socket.close();
    if (error instanceof Refusal) return explain(error.what, error.result);
    throw error;
  }
}

/**
 * The right is missing; or, although it is there, this kernel or a sandbox has no such sockets: try another
 * engine.
 */
export function kernelRefusal(what: string, result: number): EngineProblem {
  if (-result === Errno.EPERM || -result === Errno.EACCES) {
    const problem = netRawProblem(what);
    const { capabilities } = readPrivileges();
    const mayAnyway = capabilities !== null && holds(capabilities.effective, Capability.NET_RAW);
    return mayAnyway ? { ...problem, code: 'not-supported' } : problem;
  }
  return {
    code: 'not-supported',
    message: `${what}: ${errnoText(result)} (${errnoName(result)})`,
    hint: 'this kernel or sandbox has no packet ring; --engine raw-cap does without',
  };
}
