import { BIND, PortBinder } from './port-binder.ts';
import { choosePorts, type PortChoice } from './port-choice.ts';
import { hasSystemCalls, systemCalls } from './system-calls.ts';

/** Ports that are ours until `release`. */
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
 * Reserves `count` source ports as `choosePorts` does, by sockets that do not listen: the kernel gives the
 * ports to no connection, and still answers a SYN-ACK with RST, which tears the connection down.
 * Warns of each port that could not be reserved.
 */
export function reserveSourcePorts(
  count: number,
  { first, warn }: Pick<PortChoice, 'first'> & { readonly warn: (line: string) => void },
): Reservation {
  const calls = systemCalls();
  const binder = hasSystemCalls(calls) ? new PortBinder(calls, [BIND]) : null;
  const missing = hasSystemCalls(calls) ? null : calls.message;
  const refused = (port: number): void =>
    warn(`source port ${port} is used but not reserved: binding it needs CAP_NET_BIND_SERVICE`);
  const ports = choosePorts({ count, first, binder, purpose: 'reserving source ports', refused });
  return { ports, held: binder?.size === ports.length, missing, release: () => binder?.release() };
}
