import { setTimeout as delay } from 'node:timers/promises';
import { parseAddress, type Address } from '../../../src/wire/address.ts';
import { describeTransportContract, type ContractLab } from '../../contract/transport-contract.ts';
import { TARGET } from '../../netns/topology.ts';
import { rootSuite } from '../linux/root-suite.ts';
import { CLOSED_PORT, OPEN_PORT, openLab, SILENT_PORT } from './open-lab.ts';

async function contractLab(): Promise<ContractLab> {
  const open = await openLab();
  const { transport, routes, sourcePorts } = open;
  return {
    transport,
    routes,
    sourcePorts,
    target: parseAddress(TARGET) as Address,
    openPort: OPEN_PORT,
    closedPort: CLOSED_PORT,
    silentPort: SILENT_PORT,
    unroutable: parseAddress('192.0.2.1') as Address,
    idle: (milliseconds) => delay(milliseconds),
    close: () => open.close(),
  };
}

rootSuite('raw-cap in a namespace', () => {
  describeTransportContract('raw-cap', contractLab);
});
