import { readProcFile } from './proc-file.ts';

/** Ports `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Which local ports the kernel hands out by itself, and which it was told to leave alone. */
export interface LocalPorts {
  /** ip_local_port_range: the kernel's choice for connect() and bind(0). */
  readonly ephemeral: PortRange;
  /** ip_local_reserved_ports: set aside by the administrator for others. */
  readonly reserved: readonly PortRange[];
}

/** What Linux uses when /proc does not say. */
const DEFAULT_EPHEMERAL: PortRange = { first: 32768, last: 60999 };
const LOWEST = 1024;
const HIGHEST = 65535;
/** Stateless filters that let return traffic in take ports from here on for a client's; lower ones are often shut. */
const LOOKS_LIKE_A_CLIENT = 32768;

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
 * Runs of ports that a probe may send from, best first: outside the ephemeral range and the reserved list, those that look like a client's
 * before those below 32768. Where the ephemeral range leaves none, ports inside it (a bound port is never handed out).
 */
export function usableRuns(ports: LocalPorts): PortRange[] {
  const outside = subtract({ first: LOWEST, last: HIGHEST }, [ports.ephemeral, ...ports.reserved]);
  const runs = outside.length > 0 ? outside : subtract({ first: LOWEST, last: HIGHEST }, ports.reserved);
  const high = runs.filter((run) => run.last >= LOOKS_LIKE_A_CLIENT);
  const low = runs.filter((run) => run.last < LOOKS_LIKE_A_CLIENT);
  return [...high, ...low];
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
