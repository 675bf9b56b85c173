import { asAsked } from '../../src/analysis/path/vary.ts';
import type { Network } from '../network/network.ts';
import { SimulatedRoutes } from '../network/simulated-routes.ts';
import { SimulatedTransport } from '../network/simulated-transport.ts';
import type { SynSpec } from '../../src/probe/craft/syn-spec.ts';
import { PathSession, type TraceJob } from '../../src/probe/path/path-session.ts';
import type { HopRecord, PathRecord } from '../../src/records/path/records.ts';
import { runSession } from '../../src/run/loop/loop.ts';
import { PathTries } from '../../src/run/path/path-tries.ts';
import { type Address, parseAddress } from '../../src/wire/address.ts';
import { fromHex } from '../../src/wire/bytes.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';

/** What is asked of a path; everything else is as `path` does it by default. */
export interface TraceAsk {
  readonly target?: string;
  readonly port?: number;
  readonly options?: string;
  readonly ecn?: boolean;
  /** Hex. */
  readonly payload?: string;
  readonly firstTtl?: number;
  readonly maxTtl?: number;
  readonly count?: number;
  readonly retries?: number;
  readonly vary?: boolean;
  readonly seed?: number;
  /** Milliseconds after which the run is interrupted. */
  readonly interruptAt?: number;
}

/** A finished trace, what was asked first of several tries. */
export interface TraceOutcome {
  readonly path: PathRecord;
  readonly hops: readonly HopRecord[];
  /** All records. */
  readonly records: readonly (HopRecord | PathRecord)[];
  readonly probesSent: number;
  readonly durationMs: number;
}

const SPEC: SynSpec = {
  profile: 'linux',
  options: null,
  ttl: 64,
  dscp: 0,
  ecn: false,
  window: null,
  seq: null,
  ipId: null,
  df: true,
  payload: new Uint8Array(0),
  badChecksum: false,
  sourceIp: null,
};

/** Traces a path through `network` as the command would, without sockets and without waiting. */
export async function traceNetwork(network: Network, ask: TraceAsk = {}): Promise<TraceOutcome> {
  const transport = new SimulatedTransport(network, { seed: ask.seed ?? 1 });
  const routes = new SimulatedRoutes(network.local);
  const tries = triesOf(network, ask);
  const session = new PathSession({
    jobs: [tries.next() as TraceJob],
    controlPort: 20_999,
    isLocal: (address) => routes.isLocal(address),
    isUnresolved: (target) => routes.isUnresolved(target),
    key: Uint32Array.of(1, 2, 3, ask.seed ?? 1),
    firstTtl: ask.firstTtl ?? 1,
    maxTtl: ask.maxTtl ?? 30,
    patience: { samples: ask.count ?? 1, attempts: 1 + (ask.retries ?? 2) },
    timeoutMs: 1000,
    onResult: (result) => {
      tries.add(result);
      const next = tries.next();
      return next === null ? [] : [next];
    },
  });
  const interrupt = new AbortController();
  if (ask.interruptAt !== undefined) transport.at(ask.interruptAt, () => interrupt.abort());
  await runSession(session, transport, { signal: interrupt.signal, onTurn: () => undefined });
  const durationMs = transport.now() / NANOS_PER_MS;
  await transport.close();
  const records = tries.records({ hostname: null, nameOf: () => null, responder: null });
  const own = records.filter(({ variant }) => variant === asAsked('', { ecn: false, payload: false }).name);
  const hops = own.filter((record) => record.type === 'hop');
  const [path] = own.filter((record) => record.type === 'path');
  if (path === undefined) throw new Error('no path record');
  return { path, hops, records, probesSent: session.stats.probesSent, durationMs };
}

function triesOf(network: Network, ask: TraceAsk): PathTries {
  const { address, mtu } = network.local;
  const payload = fromHex(ask.payload ?? '') as Uint8Array;
  return new PathTries({
    target: parseAddress(ask.target ?? '198.51.100.7') as Address,
    port: ask.port ?? 80,
    source: { address, interface: network.local.interface, mtu },
    spec: { ...SPEC, options: ask.options ?? null, ecn: ask.ecn ?? false, payload },
    sourcePorts: Array.from({ length: 24 }, (_, index) => 20_000 + index),
    vary: ask.vary ?? false,
  });
}

/** Hops as `ttl address reply`, `*` for a silent one. */
export function hopTexts({ hops }: Pick<TraceOutcome, 'hops'>): readonly string[] {
  return hops.map(({ ttl, address, reply }) => (address === null ? `${ttl} *` : `${ttl} ${address} ${reply}`));
}

/** Changes as `field sent>seen how after-at`. */
export function changeTexts({ path }: Pick<TraceOutcome, 'path'>): readonly string[] {
  return path.changes.map(
    ({ field, sent, seen, how, afterTtl, atTtl }) =>
      `${field} ${JSON.stringify(sent)}>${JSON.stringify(seen)} ${how} ${afterTtl}-${atTtl}`,
  );
}

/** Findings as `code option certainty`. */
export function findingTexts({ path }: Pick<TraceOutcome, 'path'>): readonly string[] {
  return path.findings.map(({ code, option, certainty }) => [code, option, certainty].filter(Boolean).join(' '));
}
