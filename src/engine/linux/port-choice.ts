import { randomInt } from 'node:crypto';

import { SynscopeError, usageError } from '../../errors.ts';
import { Errno, errnoName, errnoText } from '../../transport/errno.ts';
import { BIND, type PortBinder } from './port-binder.ts';
import { readProcFile } from './proc-file.ts';

/** Which source ports are wanted, and for what. */
export interface PortChoice {
  /** 1 or more. */
  readonly count: number;
  /** The first of `count` consecutive ports, or null for a choice at random. */
  readonly first: number | null;
  /** Null where ports cannot be held: they are chosen all the same. */
  readonly binder: PortBinder | null;
  /** `reserving source ports`, for messages. */
  readonly purpose: string;
  /** What a port is called where it is taken; `source port` unless given. */
  readonly subject?: string;
  /** Called when the wanted ports need a right that is missing; throws, or returns to use them unheld. */
  readonly refused: (first: number) => void;
}

/** Ports `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** What to do about a call that needs no right and is not permitted all the same. */
const FORBIDDEN = 'a seccomp profile or a security module forbids it: see `synscope doctor`';

/** Which local ports the kernel hands out by itself, and which it was told to leave alone. */
export interface LocalPorts {
  /** ip_local_port_range: the kernel's choice for connect() and bind(0). */
  readonly ephemeral: PortRange;
  /** ip_local_reserved_ports: set aside by the administrator for others. */
  readonly reserved: readonly PortRange[];
}

/** What Linux uses when /proc does not say. */
const DEFAULT_EPHEMERAL: PortRange = { first: 32768, last: 60999 };
const ALL_PORTS: PortRange = { first: 1024, last: 65535 };
/** Stateless filters let return traffic in to ports from here on; lower ones are often shut. */
const LOOKS_LIKE_A_CLIENT = 32768;
const ATTEMPTS = 64;

/**
 * Chooses ports outside the ephemeral range (inside it only where it leaves none) and has the binder hold
 * them: ascending, consecutive wherever that many in a row were free. Throws a usage error when the port
 * asked for is taken, `engine-lost` when not that many are free or the kernel refuses; then nothing is held.
 */
export function choosePorts(choice: PortChoice): number[] {
  try {
    return choice.first === null ? chosenAtRandom(choice) : askedFor(choice.first, choice);
  } catch (error) {
    choice.binder?.release();
    throw error;
  }
}

/** Reads both settings of the current network namespace. */
export function readLocalPorts(): LocalPorts {
  return {
    ephemeral: parseEphemeralRange(readProcFile('/proc/sys/net/ipv4/ip_local_port_range') ?? ''),
    reserved: parsePortList(readProcFile('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? ''),
  };
}

/** `32768\t60999`; anything else gives the kernel's default. */
export function parseEphemeralRange(text: string): PortRange {
  const match = /^(\d+)\s+(\d+)$/.exec(text.trim());
  return match === null ? DEFAULT_EPHEMERAL : { first: Number(match[1]), last: Number(match[2]) };
}

/** `8080,9000-9010` as the kernel prints it; an empty text is no ports. */
export function parsePortList(text: string): PortRange[] {
  return text
    .trim()
    .split(',')
    .filter((part) => /^\d+(-\d+)?$/.test(part))
    .map((part) => {
      const [first, last] = part.split('-').map(Number) as [number, number | undefined];
      return { first, last: last ?? first };
    });
}

/**
 * Runs that a probe may send from, best first: outside the ephemeral range and the reserved list, those of
 * clients before those below 32768. Where that leaves none, ephemeral ones (a bound port is never handed
 * out).
 */
export function usableRuns({ ephemeral, reserved }: LocalPorts): PortRange[] {
  const outside = subtract(ALL_PORTS, [ephemeral, ...reserved]);
  const runs = outside.length > 0 ? outside : subtract(ALL_PORTS, reserved);
  const isHigh = (run: PortRange): boolean => run.last >= LOOKS_LIKE_A_CLIENT;
  return [...runs.filter(isHigh), ...runs.filter((run) => !isHigh(run))];
}

function askedFor(first: number, choice: PortChoice): number[] {
  const { count, binder, subject = 'source port' } = choice;
  const ports = consecutive(first, count);
  if (first + count - 1 > 65535) throw usageError(subject, String(first), `${count} ports from here do not fit below 65536`);
  const result = binder?.holdAll(ports) ?? 0;
  if (result === -Errno.EADDRINUSE) {
    const where = count === 1 ? 'in use on this host' : `some of the ${count} ports from here are in use on this host`;
    throw usageError(subject, String(first), `${where}; choose a free one`);
  }
  if (result < 0 && isTaken(result, choice)) choice.refused(first);
  else if (result < 0) throw cannotHold(result, choice);
  return ports;
}

function chosenAtRandom(choice: PortChoice): number[] {
  const { count, binder } = choice;
  const runs = usableRuns(readLocalPorts());
  const fitting = runs.filter((run) => run.last - run.first + 1 >= count);
  for (let attempt = 0; attempt < ATTEMPTS && fitting.length > 0; attempt++) {
    const run = fitting[Math.floor((attempt / ATTEMPTS) * fitting.length)] as PortRange;
    const ports = consecutive(randomInt(run.first, run.last - count + 2), count);
    const result = binder?.holdAll(ports) ?? 0;
    if (result === 0) return ports;
    if (!isTaken(result, choice)) throw cannotHold(result, choice);
  }
  return scattered(runs, choice);
}

function scattered(runs: readonly PortRange[], { count, binder, purpose }: PortChoice): number[] {
  const taken: number[] = [];
  for (const run of runs) {
    const size = run.last - run.first + 1;
    const start = randomInt(size);
    for (let step = 0; step < size && taken.length < count; step++) {
      const port = run.first + ((start + step) % size);
      if ((binder?.hold(port) ?? 0) === 0) taken.push(port);
    }
  }
  if (taken.length < count) {
    throw new SynscopeError('engine-lost', `${purpose}: only ${taken.length} of ${count} are free`, {
      hint: 'raise `ulimit -n`, or make room with sysctl net.ipv4.ip_local_port_range',
    });
  }
  return taken.toSorted((a, b) => a - b);
}

function consecutive(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Another port may do: this one is in use, or privileged. */
function isTaken(result: number, { binder }: PortChoice): boolean {
  return result === -Errno.EADDRINUSE || (result === -Errno.EACCES && binder?.failedStep === BIND);
}

function cannotHold(result: number, { binder, purpose }: PortChoice): SynscopeError {
  const isForbidden = result === -Errno.EPERM || result === -Errno.EACCES;
  const { name, hint = FORBIDDEN } = binder?.failedStep ?? BIND;
  const what = `${purpose}: ${name}: ${errnoText(result)} (${errnoName(result)})`;
  return new SynscopeError(isForbidden ? 'not-permitted' : 'engine-lost', what, {
    hint: isForbidden ? hint : 'each source port is one open socket: see `ulimit -n`',
  });
}

function subtract(whole: PortRange, holes: readonly PortRange[]): PortRange[] {
  let left: PortRange[] = [whole];
  for (const hole of holes) {
    left = left.flatMap((run) => [
      { first: run.first, last: Math.min(run.last, hole.first - 1) },
      { first: Math.max(run.first, hole.last + 1), last: run.last },
    ]);
    left = left.filter((run) => run.first <= run.last);
  }
  return left;
}
