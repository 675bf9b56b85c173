import { SynscopeError, usageError } from '../errors.ts';
import type { Routes, SendPath, Transport } from '../transport/transport.ts';
import type { Engine, EngineCode, EngineOptions, SendDemand } from './engine.ts';

/** Every engine, best first: `auto` takes the first that works here. Code is loaded on first use. */
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
      for (const refusal of refusals) options.warn(`${inWords(refusal)}; using ${engine.name}`);
      return transport;
    } catch (error) {
      const isLast = engine === engines.at(-1);
      if (!isRefusal(error) || (!isLast && error.code !== 'not-installed')) throw error;
      refusals.push({ engine, error });
    }
  }
  throw noneOpens(refusals as [Refusal, ...Refusal[]]);
}

/** An engine that cannot be had, and why. */
interface Refusal {
  readonly engine: Engine;
  readonly error: SynscopeError;
}

/** True for what another engine may do without; bad input is bad for all of them. */
function isRefusal(error: unknown): error is SynscopeError {
  return error instanceof SynscopeError && (error.code === 'not-installed' || error.code === 'not-permitted');
}

function inWords({ engine, error }: Refusal): string {
  return `${engine.name} is not used: ${error.message}`;
}

/** The only engine's error, or one that says of each what was wrong, with the last one's code and hint. */
function noneOpens(refusals: readonly [Refusal, ...Refusal[]]): SynscopeError {
  const { error } = refusals.at(-1) as Refusal;
  if (refusals.length === 1) return error;
  const reasons = refusals.map((refusal) => `${refusal.engine.name}: ${refusal.error.message}`);
  return new SynscopeError(error.code, `no engine can run here: ${reasons.join('; ')}`, {
    ...(error.hint === null ? {} : { hint: error.hint }),
    cause: error,
  });
}

/** The send path of `--rate max` over the first source of `routes`; null where only raw-cap can send. */
export async function fastestSendPath(routes: Routes): Promise<SendPath | null> {
  return (await import('./packet-ring/packet-ring.ts')).fastestSendPath(routes);
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
