import { SynscopeError, usageError } from '../errors.ts';
import type { Routes, SendPath, Transport } from '../transport/transport.ts';
import type { Engine, EngineCode, EngineOptions, SendDemand } from './engine.ts';

/** Every engine, best first: `auto` takes the first that works here. Code is loaded on first use. */
export const ENGINES: readonly Engine[] = [
  loadedOnUse(
    'packet-ring',
    'raw IP socket (sendmmsg) and the kernel’s packet ring: fastest, stamps in the kernel, counts drops',
    async () => (await import('./packet-ring/packet-ring.ts')).packetRing,
  ),
  loadedOnUse(
    'raw-cap',
    'raw IP socket (raw-socket) and libpcap (cap): works on any interface, stamps in user space',
    async () => (await import('./raw-cap/raw-cap.ts')).rawCap,
  ),
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

/** The engines to try for a name, in order: one, or all for `auto`. Throws a usage error for other names. */
export function enginesFor(name: string): readonly Engine[] {
  if (name === 'auto') return ENGINES;
  const engine = ENGINES.find((candidate) => candidate.name === name);
  if (engine === undefined) throw usageError('--engine', name, `accepted are ${ENGINE_CHOICES.join(', ')}`);
  return [engine];
}

/**
 * Opens the first of `engines` that this host can run, and warns of what stood in the way of those before.
 * When none opens the error says why of each; missing rights and an unknown interface are the same for all,
 * so they end it at once.
 */
export async function openFirst(engines: readonly Engine[], options: EngineOptions): Promise<Transport> {
  const refusals: Refusal[] = [];
  for (const engine of engines) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next is tried only when this one cannot be had
      const transport = await engine.open(options);
      for (const { name, error } of refusals) options.warn(`${name} is not used: ${error.message}; using ${engine.name}`);
      return transport;
    } catch (error) {
      const codes = engine === engines.at(-1) ? ['not-installed', 'not-permitted'] : ['not-installed'];
      if (!(error instanceof SynscopeError) || !codes.includes(error.code)) throw error;
      refusals.push({ name: engine.name, error });
    }
  }
  throw noneOpens(refusals as [Refusal, ...Refusal[]]);
}

interface Refusal {
  readonly name: string;
  readonly error: SynscopeError;
}

/** The only engine's error, or one that says of each what was wrong, with the last one's code and hint. */
function noneOpens(refusals: readonly [Refusal, ...Refusal[]]): SynscopeError {
  const { error } = refusals.at(-1) as Refusal;
  if (refusals.length === 1) return error;
  const reasons = refusals.map((refusal) => `${refusal.name}: ${refusal.error.message}`);
  const hint = error.hint === null ? {} : { hint: error.hint };
  return new SynscopeError(error.code, `no engine can run here: ${reasons.join('; ')}`, { ...hint, cause: error });
}

/** The send path of `--rate max` over the first source of `routes`; null where only raw-cap can send. */
export async function fastestSendPath(routes: Routes): Promise<SendPath | null> {
  return (await import('./packet-ring/packet-ring.ts')).fastestSendPath(routes);
}

function loadedOnUse(name: Engine['name'], description: string, load: () => Promise<EngineCode>): Engine {
  return {
    name,
    description,
    check: async () => (await load()).check(),
    open: async (options) => (await load()).open(options),
  };
}
