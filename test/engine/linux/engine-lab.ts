import type { EngineCode } from '../../../src/engine/engine.ts';
import { type OpenRoutes, openRoutes } from '../../../src/engine/linux/routes.ts';
import { reserveSourcePorts } from '../../../src/engine/linux/source-ports.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { parseAddress, type Address } from '../../../src/wire/address.ts';
import type { ContractLab } from '../../contract/transport-contract.ts';
import { writeSyn } from '../../contract/syn-packet.ts';
import { createLab, type Lab } from '../../netns/lab.ts';
import { chain, direct, TARGET } from '../../netns/topology.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { enterNamespace } from './enter-namespace.ts';

export const OPEN_PORT = 8080;
export const CLOSED_PORT = 8081;
const SILENT_PORT = 8082;

/** A client, which this process becomes, one cable from a target with an open, a closed and a silent port. */
export interface OpenLab {
  readonly lab: Lab;
  readonly transport: Transport;
  readonly routes: OpenRoutes;
  readonly sourcePorts: readonly number[];
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** Opens an engine there. */
export async function openEngineLab(openEngine: EngineCode['open'], sourcePorts = 64): Promise<OpenLab> {
  const drop = chain('input', [`tcp dport ${SILENT_PORT} drop`]);
  const lab = await createLab(direct({ target: { listen: [OPEN_PORT], nft: drop } }));
  const leave = await enterNamespace(lab, 'client');
  const warnings: string[] = [];
  const warn = (line: string): void => void warnings.push(line);
  const routes = openRoutes({ sourceIp: null, interface: null });
  const reservation = reserveSourcePorts(sourcePorts, { first: null, warn });
  const transport = await openEngine({ sourcePorts: reservation.ports, interface: null, routes, warn });
  const close = async (): Promise<void> => {
    await transport.close();
    reservation.release();
    routes.close();
    leave();
    await lab.close();
  };
  return { lab, transport, routes, sourcePorts: reservation.ports, warnings, close };
}

/** The contract's lab for an engine. */
export async function contractLab(openEngine: EngineCode['open'], posts: ContractLab['posts'] = 'never'): Promise<ContractLab> {
  const open = await openEngineLab(openEngine);
  const { transport, routes, sourcePorts } = open;
  return {
    transport,
    routes,
    sourcePorts,
    posts,
    target: parseAddress(TARGET) as Address,
    openPort: OPEN_PORT,
    closedPort: CLOSED_PORT,
    silentPort: SILENT_PORT,
    unroutable: parseAddress('192.0.2.1') as Address,
    idle: (milliseconds) => delay(milliseconds),
    close: () => open.close(),
  };
}

/** Sends one SYN from the first source port; its errno. */
export function sendSyn(
  { transport, routes, sourcePorts }: OpenLab,
  { to, port }: { readonly to: Address; readonly port: number },
): number {
  const source = routes.sources[routes.lookup(to)]?.address as Address;
  const { batch } = transport;
  batch.lengths[0] = writeSyn(batch.bytes, 0, { source, target: to, sourcePort: sourcePorts[0] as number, port, seq: 7 });
  batch.count = 1;
  transport.flush();
  batch.count = 0;
  return batch.errors[0] as number;
}
