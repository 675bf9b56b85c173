import type { Host, HostContext, Service } from '../host.ts';
import type { Emission } from '../middlebox.ts';
import { isTcp, type Packet, flowHash } from '../packet.ts';
import type { Stack } from '../stack.ts';

/** One of several machines that share an address. */
export interface Backend {
  readonly service: Service;
  /** Where its stack differs from that of the host. */
  readonly stack?: Partial<Stack>;
}

/**
 * Several machines that share an address and port, each with its own stack, timestamp clock and IP IDs. A
 * hash of addresses and ports assigns each connection to one of them. ICMP errors reach all.
 */
export function loadBalancer(...backends: readonly Backend[]): Service {
  const machines = backends.map(machine);
  return (packet, context) => {
    const [chosen] = isTcp(packet) ? machines.slice(flowHash(packet) % machines.length) : [];
    return chosen === undefined ? machines.flatMap((serve) => serve(packet, context)) : chosen(packet, context);
  };
}

function machine({ service, stack }: Backend): Service {
  const key = {};
  const hostOf = ({ host, remember }: HostContext): Host =>
    remember(key, () => ({ ...host, stack: { ...host.stack, ...stack } }));
  return (packet: Packet, context): readonly Emission[] => service(packet, { ...context, host: hostOf(context) });
}
