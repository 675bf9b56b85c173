import { BIND, PortBinder } from './port-binder.ts';
import { choosePorts } from './port-choice.ts';
import { hasSystemCalls, systemCalls } from './system-calls.ts';

/** How source ports are to be chosen. */
export interface SourcePortOptions {
  /** The first of `count` consecutive ports that the user asked for, or null for a choice at random. */
  readonly first: number | null;
  /** Called once with a line for the user for each port that could not be reserved. */
  readonly warn: (line: string) => void;
}

/**
 * Source ports that are ours until `release`: each is bound by a socket that does not listen, so the kernel
 * gives it to no connection, and still answers a SYN-ACK that arrives there with RST, which tears the
 * half-open connection down.
 */
export interface Reservation {
  /** Ascending; consecutive wherever that many in a row were free. */
  readonly ports: readonly number[];
  /** False when other sockets may take the ports: `missing`, or no right to bind them (then warned). */
  readonly held: boolean;
  /** Why ports cannot be held at all (no koffi), or null. Engines say the same, so no warning says it. */
  readonly missing: string | null;
  /** Gives the ports back. Idempotent. */
  release(): void;
}

/**
 * Reserves `count` source ports, 1 or more, outside the ephemeral range (ports inside it only where it leaves
 * none). Throws a usage error when the port that the user asked for is taken, and `engine-lost` when this
 * host has not that many free ports.
 */
export function reserveSourcePorts(count: number, { first, warn }: SourcePortOptions): Reservation {
  const calls = systemCalls();
  const binder = hasSystemCalls(calls) ? new PortBinder(calls, [BIND]) : null;
  const missing = hasSystemCalls(calls) ? null : calls.message;
  const refused = (port: number): void =>
    warn(`source port ${port} is used but not reserved: binding it needs CAP_NET_BIND_SERVICE`);
  try {
    const ports = choosePorts({ count, first, binder, purpose: 'reserving source ports', refused });
    const held = binder !== null && binder.size === ports.length;
    return { ports, held, missing, release: () => binder?.release() };
  } catch (error) {
    binder?.release();
    throw error;
  }
}
