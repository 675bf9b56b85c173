import type { Host, HostContext, Service } from '../host.ts';
import { flowHash } from '../keyed-hash.ts';
import type { Emission } from '../middlebox.ts';
import { isTcp, type Packet } from '../packet.ts';
import type { Stack } from '../stack.ts';

/** One of several machines behind an address. */
export interface Backend {
  readonly service: Service;
  /** Where its stack differs from that of the host whose address it has. */
  readonly stack?: Partial<Stack>;
}

/**
 * Several machines behind one address and port, each with its own stack, timestamp clock and IP IDs; which of them has a connection follows
 * from a hash of its addresses and ports. ICMP errors reach all of them.
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
