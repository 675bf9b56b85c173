import { SynscopeError, usageError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import type { Engine, EngineCode, EngineOptions, SendDemand } from './engine.ts';

/** Every engine that can be asked for, best first: `auto` takes the first that works here. Its code is loaded when it is first used. */
export const ENGINES: readonly Engine[] = [
  loadedOnUse({
    name: 'packet-ring',
    description: 'raw IP socket (sendmmsg) and the kernel’s packet ring: fastest, stamps in the kernel, counts drops',
    load: async () => (await import('./packet-ring/packet-ring.ts')).packetRing,
  }),
  loadedOnUse({
    name: 'raw-cap',
    description: 'raw IP socket (raw-socket) and libpcap (cap): works on any interface, stamps in user space',
    load: async () => (await import('./raw-cap/raw-cap.ts')).rawCap,
  }),
];

/** What `--engine` accepts. */
export const ENGINE_CHOICES: readonly string[] = ['auto', ...ENGINES.map((engine) => engine.name)];

/** What `--send-path` accepts. */
export const SEND_PATH_CHOICES: readonly string[] = ['auto', 'raw-ip', 'af-xdp', 'af-packet'];

/** Reads `--send-path`. Throws a usage error for what is not among the choices. */
export function sendPathOf(name: string): SendDemand['path'] {
  if (!SEND_PATH_CHOICES.includes(name)) throw usageError('--send-path', name, `accepted are ${SEND_PATH_CHOICES.join(', ')}`);
  return name as SendDemand['path'];
}

/** The engines to try for a name, in order: one, or all for `auto`. Throws a usage error for a name that is not in the table. */
export function enginesFor(name: string): readonly Engine[] {
  if (name === 'auto') return ENGINES;
  const engine = ENGINES.find((candidate) => candidate.name === name);
  if (engine === undefined) throw usageError('--engine', name, `accepted are ${ENGINE_CHOICES.join(', ')}`);
  return [engine];
}

/**
 * Opens the first of `engines` (one at least) that this host can run; what stood in the way of an earlier one is said by `options.warn`. Nothing is checked
 * beforehand: opening finds out. Throws what the last one throws; at once for missing rights or an unknown interface, which are the same for all.
 */
export async function openFirst(engines: readonly Engine[], options: EngineOptions): Promise<Transport> {
  const [engine, ...others] = engines as readonly [Engine, ...Engine[]];
  const [next] = others;
  try {
    return await engine.open(options);
  } catch (error) {
    if (next === undefined || !isOfThisHost(error)) throw error;
    options.warn(`${engine.name} is not used: ${error.message}; using ${next.name}`);
    return openFirst(others, options);
  }
}

/** True when another engine may work where this one did not. */
function isOfThisHost(error: unknown): error is SynscopeError {
  return error instanceof SynscopeError && error.code === 'not-installed';
}

interface LoadedOnUse extends Pick<Engine, 'name' | 'description'> {
  readonly load: () => Promise<EngineCode>;
}

function loadedOnUse({ name, description, load }: LoadedOnUse): Engine {
  return {
    name,
    description,
    check: async () => (await load()).check(),
    open: async (options) => (await load()).open(options),
  };
}
