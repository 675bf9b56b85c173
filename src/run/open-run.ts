import type { SendDemand } from '../engine/engine.ts';
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
  /** `reserved`: the kernel resets what is answered. `resets-suppressed`: the session must close its connections itself. */
  readonly ports: 'reserved' | 'resets-suppressed';
  /** The resets of exactly these ports are suppressed, for any peer; absent: ports are chosen. */
  readonly listenPorts?: readonly number[];
  /** About how many packets the run sends when all goes well; absent where that is unknown. */
  readonly packets?: number;
  /** How fast packets are to leave; absent where a raw socket is fast enough. */
  readonly sending?: (routes: Routes) => SendDemand;
}

/** Opens everything that needs rights, then drops the rights if asked to. Nothing stays open when it throws. */
export async function openRun(needs: RunNeeds): Promise<OpenRun> {
  const { options } = needs;
  const warn = options.onWarning ?? (() => undefined);
  const device = options.interface ?? null;
  const engines = enginesFor(options.engine ?? 'auto');
  raiseNetRaw();
  const routes = openRoutes({ sourceIp: needs.sourceIp, interface: device });
  const closers: (() => void)[] = [() => routes.close()];
  try {
    const holding = holdPorts(needs, warn);
    closers.push(() => holding.release());
    const sourcePorts = holding.ports;
    const sending = needs.sending === undefined ? {} : { sending: needs.sending(routes) };
    const packets = needs.packets ?? Infinity;
    const unheld = new UnheldPorts(holding.missing, warn);
    const tell = (line: string): void => unheld.tell(line);
    const transport = await openFirst(engines, { sourcePorts, interface: device, routes, warn: tell, packets, ...sending });
    unheld.end();
    if (options.dropPrivileges === true) warnIfStillRoot(warn);
    const close = async (): Promise<void> => {
      await transport.close();
      for (const closer of closers) closer();
    };
    return { transport, routes, sourcePorts, close };
  } catch (error) {
    for (const closer of closers) closer();
    throw error;
  }
}

function holdPorts({ options, sourcePortCount, ports, listenPorts }: RunNeeds, warn: (line: string) => void): Reservation {
  if (listenPorts !== undefined) return suppressListeningPortResets(listenPorts);
  const first = options.sourcePort ?? null;
  return ports === 'resets-suppressed'
    ? suppressSourcePortResets(sourcePortCount, { first })
    : reserveSourcePorts(sourcePortCount, { first, warn });
}

function warnIfStillRoot(warn: (line: string) => void): void {
  const outcome = dropPrivileges();
  if (outcome.kind === 'refused') warn(outcome.message);
}

/** Warns that source ports are not reserved: in the engine's own warning where the cause is the same. */
class UnheldPorts {
  #cause: string | null;
  readonly #warn: (line: string) => void;

  constructor(cause: string | null, warn: (line: string) => void) {
    this.#cause = cause;
    this.#warn = warn;
  }

  tell(line: string): void {
    const isSame = this.#cause !== null && line.includes(this.#cause);
    this.#warn(isSame ? `${line}; source ports are not reserved` : line);
    if (isSame) this.#cause = null;
  }

  end(): void {
    if (this.#cause !== null) this.#warn(`source ports are not reserved: ${this.#cause}`);
  }
}
