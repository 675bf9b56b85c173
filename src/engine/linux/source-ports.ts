import { randomInt } from 'node:crypto';

import { SynscopeError, usageError } from '../../errors.ts';
import { Errno, errnoName, errnoText } from '../../transport/errno.ts';
import { type LocalPorts, readLocalPorts, usableRuns } from './port-ranges.ts';
import { hasSystemCalls, systemCalls, type SystemCalls } from './system-calls.ts';

/** How source ports are to be chosen. */
export interface SourcePortOptions {
  /** The port that the user asked for (the first of `count` consecutive ones), or null for a choice at random. */
  readonly first: number | null;
  /** Called once with a line for the user when the ports could not be reserved. */
  readonly warn: (line: string) => void;
}

/**
 * Source ports that are ours until `release`: each is bound by a socket that does not listen, so the kernel gives it to no connection,
 * and still answers a SYN-ACK that arrives there with RST, which tears the half-open connection down.
 */
export interface Reservation {
  /** Ascending; consecutive wherever that many in a row were free. */
  readonly ports: readonly number[];
  /** False when nothing keeps other sockets away from the ports (no koffi, or no right to bind them): a warning said so. */
  readonly held: boolean;
  /** Gives the ports back. Idempotent. */
  release(): void;
}

const AF_INET = 2;
const SOCK_STREAM = 1;
/** Runs of consecutive ports that are tried before scattered ones are taken. */
const ATTEMPTS = 64;

/**
 * Reserves `count` source ports, 1 or more, outside the ephemeral range (ports inside it only where it leaves none).
 * Throws a usage error when the port that the user asked for is taken, and `engine-lost` when this host has not that many free ports.
 */
export function reserveSourcePorts(count: number, options: SourcePortOptions): Reservation {
  const calls = systemCalls();
  const binder = hasSystemCalls(calls) ? new Binder(calls) : null;
  if (binder === null) options.warn(`source ports are not reserved: ${(calls as { message: string }).message}`);
  try {
    const ports = options.first === null ? chosenAtRandom(count, binder) : askedFor(options.first, { count, binder, options });
    return { ports, held: binder !== null && binder.size === ports.length, release: () => binder?.release() };
  } catch (error) {
    binder?.release();
    throw error;
  }
}

/** Sockets that hold ports. */
class Binder {
  readonly #calls: SystemCalls;
  readonly #sockets: number[] = [];
  readonly #address = new Uint8Array(16);

  constructor(calls: SystemCalls) {
    this.#calls = calls;
    new Uint16Array(this.#address.buffer)[0] = AF_INET;
  }

  get size(): number {
    return this.#sockets.length;
  }

  /** Binds 0.0.0.0:`port`; 0 or `-errno`. */
  hold(port: number): number {
    const socket = this.#calls.socket(AF_INET, SOCK_STREAM, 0);
    if (socket < 0) return socket;
    this.#address[2] = port >>> 8;
    this.#address[3] = port & 0xff;
    const result = this.#calls.bind(socket, this.#address);
    if (result < 0) this.#calls.close(socket);
    else this.#sockets.push(socket);
    return result;
  }

  /** Binds all of `ports` or none; the first error otherwise. */
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

  release(): void {
    this.#closeFrom(0);
  }

  #closeFrom(index: number): void {
    for (const socket of this.#sockets.splice(index)) this.#calls.close(socket);
  }
}

interface Request {
  readonly count: number;
  readonly binder: Binder | null;
  readonly options: SourcePortOptions;
}

function askedFor(first: number, { count, binder, options }: Request): number[] {
  const ports = consecutive(first, count);
  if (first + count - 1 > 65535)
    throw usageError('source port', String(first), `${count} ports from here do not fit below 65536`);
  const result = binder?.holdAll(ports) ?? 0;
  if (result === -Errno.EADDRINUSE) {
    const where = count === 1 ? 'in use on this host' : `some of the ${count} ports from here are in use on this host`;
    throw usageError('source port', String(first), `${where}; choose a free one`);
  }
  if (result === -Errno.EACCES)
    options.warn(`source port ${first} is used but not reserved: binding it needs CAP_NET_BIND_SERVICE`);
  else if (result < 0) throw cannotReserve(result);
  return ports;
}

function chosenAtRandom(count: number, binder: Binder | null): number[] {
  const runs = usableRuns(readLocalPorts());
  const fitting = runs.filter((run) => run.last - run.first + 1 >= count);
  for (let attempt = 0; attempt < ATTEMPTS && fitting.length > 0; attempt++) {
    const run = fitting[Math.floor((attempt / ATTEMPTS) * fitting.length)] as (typeof fitting)[number];
    const ports = consecutive(randomInt(run.first, run.last - count + 2), count);
    const result = binder?.holdAll(ports) ?? 0;
    if (result === 0) return ports;
    if (result !== -Errno.EADDRINUSE && result !== -Errno.EACCES) throw cannotReserve(result);
  }
  return scattered(count, binder);
}

function scattered(count: number, binder: Binder | null): number[] {
  const taken: number[] = [];
  const local: LocalPorts = readLocalPorts();
  for (const run of usableRuns(local)) {
    const size = run.last - run.first + 1;
    const start = randomInt(size);
    for (let step = 0; step < size && taken.length < count; step++) {
      const port = run.first + ((start + step) % size);
      if ((binder?.hold(port) ?? 0) === 0) taken.push(port);
    }
  }
  if (taken.length < count) {
    throw new SynscopeError('engine-lost', `reserving ${count} source ports: only ${taken.length} are free`, {
      hint: 'raise `ulimit -n`, or make room with sysctl net.ipv4.ip_local_port_range',
    });
  }
  return taken.toSorted((a, b) => a - b);
}

function consecutive(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

function cannotReserve(result: number): SynscopeError {
  return new SynscopeError('engine-lost', `reserving source ports: ${errnoText(result)} (${errnoName(result)})`, {
    hint: 'each reserved port is one open socket: see `ulimit -n`',
  });
}
