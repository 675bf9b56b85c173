import type { Engine, EngineOptions, SendDemand } from '../engine/engine.ts';
import { enginesFor, openFirst } from '../engine/engines.ts';
import { raiseNetRaw } from '../engine/linux/capabilities.ts';
import { dropPrivileges } from '../engine/linux/drop-privileges.ts';
import { suppressListeningPortResets, suppressSourcePortResets } from '../engine/linux/reset-suppression.ts';
import { openRoutes } from '../engine/linux/routes.ts';
import { type Reservation, reserveSourcePorts } from '../engine/linux/source-ports.ts';
import type { Routes, Transport } from '../transport/transport.ts';
import type { Address } from '../wire/address.ts';
import type { RunControl, NetworkOptions } from './options/run-options.ts';

/** The network as one run uses it: its sockets, ports and routes. */
export interface OpenRun {
  readonly transport: Transport;
  readonly routes: Routes;
  readonly sourcePorts: readonly number[];
  readonly close: () => Promise<void>;
}

/** What a run needs of this host. */
export interface RunNeeds {
  readonly options: NetworkOptions & RunControl;
  /** A fixed source address, or null for what the route says. */
  readonly sourceIp: Address | null;
  readonly sourcePortCount: number;
  /**
   * `reserved`: the kernel resets what is answered. `resets-suppressed`: the session must close its
   * connections itself.
   */
  readonly ports: 'reserved' | 'resets-suppressed';
  /** The resets of exactly these ports are suppressed, for any peer; absent: ports are chosen. */
  readonly listenPorts?: readonly number[];
  /** About how many packets the run sends when all goes well; absent where that is unknown. */
  readonly packets?: number;
  /** How fast packets are to leave; absent where a raw socket is fast enough. */
  readonly sending?: (routes: Routes) => SendDemand;
}

/**
 * Opens everything that needs rights, then drops the rights if asked to. Nothing stays open when it throws.
 */
export async function openRun(needs: RunNeeds): Promise<OpenRun> {
  const { options, sending, packets = Infinity } = needs;
  const warn = options.onWarning ?? (() => undefined);
  const device = options.interface ?? null;
  const engines = enginesFor(options.engine ?? 'auto');
  raiseNetRaw();
  const routes = openRoutes({ sourceIp: needs.sourceIp, interface: device });
  const closers: (() => void)[] = [() => routes.close()];
  const closeAll = (): void => {
    for (const closer of closers) closer();
  };
  try {
    const holding = holdPorts(needs, warn);
    closers.push(() => holding.release());
    const sourcePorts = holding.ports;
    const demand = sending === undefined ? {} : { sending: sending(routes) };
    const wanted = { sourcePorts, interface: device, routes, warn, packets, ...demand };
    const transport = await openEngine(engines, wanted, holding.missing);
    const outcome = options.dropPrivileges === true ? dropPrivileges() : null;
    if (outcome?.kind === 'refused') warn(outcome.message);
    const close = async (): Promise<void> => {
      await transport.close();
      closeAll();
    };
    return { transport, routes, sourcePorts, close };
  } catch (error) {
    closeAll();
    throw error;
  }
}

/**
 * Warns of source ports that are not reserved, `missing` why: in the engine's own warning where the cause
 * is the same.
 */
async function openEngine(engines: readonly Engine[], options: EngineOptions, missing: string | null): Promise<Transport> {
  let unsaid = missing;
  const warn = (line: string): void => {
    const isSame = unsaid !== null && line.includes(unsaid);
    if (isSame) unsaid = null;
    options.warn(isSame ? `${line}; source ports are not reserved` : line);
  };
  const transport = await openFirst(engines, { ...options, warn });
  if (unsaid !== null) options.warn(`source ports are not reserved: ${unsaid}`);
  return transport;
}

function holdPorts({ options, sourcePortCount, ports, listenPorts }: RunNeeds, warn: (line: string) => void): Reservation {
  if (listenPorts !== undefined) return suppressListeningPortResets(listenPorts);
  const first = options.sourcePort ?? null;
  return ports === 'resets-suppressed'
    ? suppressSourcePortResets(sourcePortCount, { first })
    : reserveSourcePorts(sourcePortCount, { first, warn });
}
