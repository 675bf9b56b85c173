import type { SystemCalls } from './system-calls.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';

/** Something done to a fresh TCP socket on its way to holding a port; returns 0 or `-errno`. */
export interface BindingStep {
  /** For messages: the system call or socket option. */
  readonly name: string;
  /** What to do when it is not permitted; absent where it needs no right. */
  readonly hint?: string;
  /** `address` is a struct sockaddr_in with the port in it. */
  apply(calls: SystemCalls, socket: number, address: Uint8Array): number;
}

const SOCK_STREAM = 1;
const SOCKADDR_IN_BYTES = 16;
const PORT_OFFSET = 2;

/** Takes the port. Without SO_REUSEADDR this fails where any TCP socket has it, even one in TIME_WAIT. */
export const BIND: BindingStep = { name: 'bind', apply: (calls, socket, address) => calls.bind(socket, address) };

/** TCP sockets (IPv4, all addresses) that hold ports, each made by the same steps. */
export class PortBinder {
  /** The call that failed last. */
  failedStep: Pick<BindingStep, 'name' | 'hint'> = BIND;
  readonly #calls: SystemCalls;
  readonly #steps: readonly BindingStep[];
  readonly #sockets: number[] = [];
  readonly #address = new Uint8Array(SOCKADDR_IN_BYTES);

  constructor(calls: SystemCalls, steps: readonly BindingStep[]) {
    this.#calls = calls;
    this.#steps = steps;
    new Uint16Array(this.#address.buffer)[0] = FAMILIES[IPV4].socketFamily;
  }

  get size(): number {
    return this.#sockets.length;
  }

  /** Holds 0.0.0.0:`port`; 0 or `-errno`. */
  hold(port: number): number {
    const socket = this.#calls.socket(FAMILIES[IPV4].socketFamily, SOCK_STREAM, 0);
    this.failedStep = { name: 'socket' };
    if (socket < 0) return socket;
    this.#address[PORT_OFFSET] = port >>> 8;
    this.#address[PORT_OFFSET + 1] = port & 0xff;
    for (const step of this.#steps) {
      const result = step.apply(this.#calls, socket, this.#address);
      this.failedStep = step;
      if (result >= 0) continue;
      this.#calls.close(socket);
      return result;
    }
    this.#sockets.push(socket);
    return 0;
  }

  /** Holds all of `ports` or none; the first error otherwise. */
  holdAll(ports: readonly number[]): number {
    const before = this.#sockets.length;
    for (const port of ports) {
      const result = this.hold(port);
      if (result < 0) {
        this.release(before);
        return result;
      }
    }
    return 0;
  }

  /** Lets go of all ports but the first `kept`. Idempotent. */
  release(kept: number = 0): void {
    for (const socket of this.#sockets.splice(kept)) this.#calls.close(socket);
  }
}
