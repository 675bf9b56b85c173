import { Errno } from '../../src/transport/errno.ts';
import { host } from './host.ts';
import type { Local } from './local.ts';
import { network, router, site } from './network.ts';
import { closed, open, silent } from './services.ts';
import { SimulatedRoutes } from './simulated-routes.ts';
import { SimulatedTransport, type SimulationOptions } from './simulated-transport.ts';
import { describeTransportContract, type ContractLab } from '../contract/transport-contract.ts';
import { address } from './packet.ts';

const UNROUTABLE = address('203.0.113.9');

async function lab(own: Partial<Local> = {}, options: SimulationOptions = {}): Promise<ContractLab> {
  const server = host('198.51.100.7', { ports: { 80: open({ retransmits: 5 }), 81: closed(), 82: silent } });
  const world = network([site(server, [router('10.0.0.1'), router('10.0.0.2')])], {
    noRoute: new Map([[UNROUTABLE, Errno.ENETUNREACH]]),
    ...own,
  });
  const transport = new SimulatedTransport(world, options);
  return {
    transport,
    routes: new SimulatedRoutes(world.local),
    sourcePorts: Array.from({ length: 64 }, (_, index) => 20_000 + index),
    target: server.address,
    openPort: 80,
    closedPort: 81,
    silentPort: 82,
    unroutable: UNROUTABLE,
    posts: (options.posted ?? 0.5) > 0 ? 'some' : 'never',
    idle: async (ms) => transport.advance(ms),
    close: async () => {},
  };
}

describeTransportContract('simulated', () => lab());
describeTransportContract('simulated, own packets unseen, captures in blocks of 1 ms', () =>
  lab({ seesOwnPackets: false, blockMs: 1 }),
);
describeTransportContract('simulated, one slot, guarded ports', () => lab({ resets: false }, { batchCapacity: 1 }));
describeTransportContract('simulated, nothing posted', () => lab({}, { posted: 0 }));
describeTransportContract('simulated, no neighbour for the unroutable', () =>
  lab({ noRoute: new Map(), noNeighbour: [UNROUTABLE] }),
);
