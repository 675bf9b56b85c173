import type { SystemCalls } from './system-calls.ts';
import { FAMILIES, IPV4 } from '../../wire/family.ts';

/** Something done to a fresh TCP socket on its way to holding a port; returns 0 or `-errno`. */
export interface BindingStep {
  /** For messages: the system call or socket option. */
  readonly name: string;
  /** What to do when it is not permitted. */
  readonly hint: string;
  /** `address` is a struct sockaddr_in with the port in it. */
  apply(calls: SystemCalls, socket: number, address: Uint8Array): number;
}

const SOCK_STREAM = 1;
const SOCKADDR_IN_BYTES = 16;
const PORT_OFFSET = 2;

/** What to do about a call that needs no right and is not permitted all the same. */
export const FORBIDDEN = 'a seccomp profile or a security module forbids it: see `synscope doctor`';

/** Takes the port. Without SO_REUSEADDR this fails where any TCP socket has it, even one in TIME_WAIT. */
export const BIND: BindingStep = {
  name: 'bind',
  hint: FORBIDDEN,
  apply: (calls, socket, address) => calls.bind(socket, address),
};

const OPEN: Pick<BindingStep, 'name' | 'hint'> = { name: 'socket', hint: FORBIDDEN };

/** TCP sockets (IPv4, all addresses) that hold ports, each made by the same steps. */
export class PortBinder {
  /** The call that failed last. */
  failedStep: Pick<BindingStep, 'name' | 'hint'> = OPEN;
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
    this.failedStep = OPEN;
    if (socket < 0) return socket;
    const result = this.#prepare(socket, port);
    if (result < 0) this.#calls.close(socket);
    else this.#sockets.push(socket);
    return result;
  }

  /** Holds all of `ports` or none; the first error otherwise. */
  holdAll(ports: readonly number[]): number {
    const before = this.#sockets.length;
    for (const port of ports) {
      const result = this.hold(port);
      if (result < 0) {
        this.#closeFrom(before);
        return result;
      }
    }
    return 0;
  }

  /** Idempotent. */
  release(): void {
    this.#closeFrom(0);
  }

  #prepare(socket: number, port: number): number {
    this.#address[PORT_OFFSET] = port >>> 8;
    this.#address[PORT_OFFSET + 1] = port & 0xff;
    for (const step of this.#steps) {
      const result = step.apply(this.#calls, socket, this.#address);
      this.failedStep = step;
      if (result < 0) return result;
    }
    return 0;
  }

  #closeFrom(index: number): void {
    for (const socket of this.#sockets.splice(index)) this.#calls.close(socket);
  }
}
