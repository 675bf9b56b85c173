import type { Transport } from '../../../src/transport/transport.ts';
import { openRoutes, type OpenRoutes } from '../../../src/engine/linux/routes.ts';
import { reserveSourcePorts } from '../../../src/engine/linux/source-ports.ts';
import { rawCap } from '../../../src/engine/raw-cap/raw-cap.ts';
import { createLab, type Lab } from '../../netns/lab.ts';
import { chain, direct } from '../../netns/topology.ts';
import { enterNamespace } from '../linux/enter-namespace.ts';

export const OPEN_PORT = 8080;
export const CLOSED_PORT = 8081;
export const SILENT_PORT = 8082;

/** A client, which this process becomes, one cable from a target with an open, a closed and a silent port. */
export interface OpenLab {
  readonly lab: Lab;
  readonly transport: Transport;
  readonly routes: OpenRoutes;
  readonly sourcePorts: readonly number[];
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export async function openLab(sourcePorts = 64): Promise<OpenLab> {
  const drop = chain('input', [`tcp dport ${SILENT_PORT} drop`]);
  const lab = await createLab(direct({ target: { listen: [OPEN_PORT], nft: drop } }));
  const leave = await enterNamespace(lab, 'client');
  const warnings: string[] = [];
  const warn = (line: string): void => void warnings.push(line);
  const routes = openRoutes({ sourceIp: null, interface: null });
  const reservation = reserveSourcePorts(sourcePorts, { first: null, warn });
  const transport = await rawCap.open({ sourcePorts: reservation.ports, interface: null, routes, warn });
  const close = async (): Promise<void> => {
    await transport.close();
    reservation.release();
    routes.close();
    leave();
    await lab.close();
  };
  return { lab, transport, routes, sourcePorts: reservation.ports, warnings, close };
}
