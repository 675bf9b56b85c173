import { createHash, createHmac } from 'node:crypto';

import type { Mac } from '../../src/probe/responder/token-mac.ts';
import type { Machine, RandomFill } from '../../src/run/machine.ts';
import type { OpenRun, RunNeeds } from '../../src/run/open-run.ts';
import { toHex } from '../../src/wire/bytes.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';
import type { Network } from './network.ts';
import { createRandom, type Random } from './random.ts';
import { SimulatedRoutes } from './simulated-routes.ts';
import { type PacketLog, SimulatedTransport } from './simulated-transport.ts';

/** How a machine is simulated. */
export interface MachineForm {
  /** Names the run: same network, options and seed, same records. 1 unless given. */
  readonly seed?: number;
  /** Keeps every packet in `log`. */
  readonly logs?: boolean;
  /** The kernel says all along that it is asking for the address of the next hop. */
  readonly unresolved?: boolean;
}

/** What happens at some time of the simulation, in milliseconds. */
type Appointment = readonly [ms: number, action: () => void];

const FIRST_PORT = 20_000;
const EPOCH_MS = 1_800_000_000_000;
/** As large as the largest slot of a real engine. */
const SLOT_BYTES = 2048;

/** The machine that a command runs on, with a simulated network, clock and chance. For one run. */
export class SimulatedMachine implements Machine {
  readonly log: PacketLog = { sent: [], shown: [] };
  readonly random: RandomFill;
  readonly #network: Network;
  readonly #form: MachineForm;
  readonly #appointments: Appointment[] = [];
  #transport: SimulatedTransport | null = null;

  constructor(network: Network, form: MachineForm = {}) {
    this.#network = network;
    this.#form = form;
    this.random = fillFrom(createRandom((form.seed ?? 1) + 2));
  }

  readonly open = async (needs: RunNeeds): Promise<OpenRun> => {
    const { local } = this.#network;
    const { seed = 1, unresolved = false, logs = false } = this.#form;
    const sourcePorts = portsFor(needs);
    const suppressed = { resets: true, silentPorts: [...local.silentPorts, ...sourcePorts] };
    const own = needs.ports === 'resets-suppressed' ? { ...local, ...suppressed } : local;
    const transport = new SimulatedTransport(
      { ...this.#network, local: own },
      { seed, slotSize: SLOT_BYTES, ...(logs ? { log: this.log } : {}) },
    );
    for (const [ms, action] of this.#appointments) transport.at(ms, action);
    this.#transport = transport;
    const routes = unresolved ? new UnresolvedRoutes(local) : new SimulatedRoutes(local);
    return { transport, routes, sourcePorts, close: () => transport.close() };
  };

  readonly wallClock = (): number => EPOCH_MS + this.nowMs;

  readonly tokenMac = macOfToken;

  /** Time of the simulation. */
  get nowMs(): number {
    return (this.#transport?.now() ?? 0) / NANOS_PER_MS;
  }

  /** Lets `action` happen at that time, also before the network is open. */
  at(ms: number, action: () => void): void {
    if (this.#transport === null) this.#appointments.push([ms, action]);
    else this.#transport.at(ms, action);
  }
}

/** The ports that a run asks for. */
export function portsFor({ options, sourcePortCount, listenPorts }: RunNeeds): readonly number[] {
  const first = options.sourcePort ?? FIRST_PORT;
  return listenPorts ?? Array.from({ length: sourcePortCount }, (_, index) => first + index);
}

const MACS = new Map<string, Uint8Array>();
/** Longer messages than these do not come twice. */
const MEMORABLE_BYTES = 40;

/** The MAC under a token without the slow derivation of its key. Remembers what many runs ask for. */
export function macOfToken(token: string): Mac {
  const key = createHash('sha256').update(token).digest();
  return (message) => {
    const name = `${token} ${toHex(message)}`;
    const mac = MACS.get(name) ?? new Uint8Array(createHmac('sha256', key).update(message).digest());
    if (message.length < MEMORABLE_BYTES) MACS.set(name, mac);
    return mac;
  };
}

/** Fills arrays from a seeded stream. */
export function fillFrom(random: Random): RandomFill {
  return (into) => {
    for (let index = 0; index < into.length; index++) into[index] = random.uint32();
    return into;
  };
}

class UnresolvedRoutes extends SimulatedRoutes {
  override isUnresolved(): boolean {
    return true;
  }
}
