import type { Finding } from '../../src/analysis/finding.ts';
import type { Network } from '../network/network.ts';
import { SimulatedRoutes } from '../network/simulated-routes.ts';
import { createRandom } from '../network/random.ts';
import { SimulatedTransport } from '../network/simulated-transport.ts';
import { createProbeOrder } from '../../src/probe/scan/probe-order.ts';
import { parsePorts } from '../../src/probe/targets/ports.ts';
import { optionsFor, windowFor } from '../../src/probe/craft/profiles.ts';
import { ProbeSession } from '../../src/probe/scan/session.ts';
import type { SessionPlan, SessionStats } from '../../src/probe/scan/session-plan.ts';
import { createTargetSet, parseTarget, targetRanges } from '../../src/probe/targets/targets.ts';
import type { Timing } from '../../src/probe/timing.ts';
import type { Verdict } from '../../src/probe/verdict.ts';
import { runSession } from '../../src/run/loop/loop.ts';
import { PortRecorder } from '../../src/records/probe/recorder.ts';
import type { TransportFault } from '../../src/transport/transport.ts';
import { formatAddress } from '../../src/wire/address.ts';
import type { DecodedPacket } from '../../src/wire/decoded.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { NANOS_PER_MS, type Nanos } from '../../src/wire/numbers.ts';
import { decodePacket } from '../../src/wire/packet.ts';
import { SynTemplate } from '../../src/wire/syn-template.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { compileOptions, type CompiledOptions } from '../../src/wire/tcp-options.ts';

/** What is asked of a network; everything else is as `probe` does it by default. */
export interface Ask {
  readonly targets?: readonly string[];
  readonly ports: string;
  readonly options?: string;
  readonly ecn?: boolean;
  /** Hex. */
  readonly payload?: string;
  readonly badsum?: boolean;
  readonly ttl?: number;
  readonly timing?: Partial<Timing>;
  /** How many source ports are used in turn; 16 unless given. */
  readonly sourcePorts?: number;
  readonly seed?: number;
  readonly randomize?: boolean;
  /** Holds new probes back for all turns of the loop but one in so many: a reader that lags. */
  readonly holdEvery?: number;
  /** The kernel says all along that it is asking for the address of the next hop. */
  readonly unresolved?: boolean;
  /** Milliseconds after which the run is interrupted. */
  readonly interruptAt?: number;
}

/** One verdict, with what analysis makes of it. */
export interface PortOutcome {
  readonly target: string;
  readonly port: number;
  readonly state: string;
  readonly reason: string;
  readonly from: string | null;
  readonly ttl: number | null;
  readonly attempts: number;
  readonly rttMs: readonly number[];
  /** `code:option certainty`, in the order of the findings table. */
  readonly findings: readonly string[];
  /** The same in full. */
  readonly found: readonly Finding[];
  readonly rejected: number;
  readonly conflict: boolean;
  /** What the deciding packet said, and the SYN it answered. */
  readonly sent: DecodedPacket | null;
  readonly reply: DecodedPacket | null;
}

/** A finished run. */
export interface RunOutcome extends SessionOutcome {
  readonly ports: readonly PortOutcome[];
}

/** What a run amounts to, apart from its verdicts. */
export interface SessionOutcome {
  readonly stats: SessionStats;
  readonly durationMs: number;
  readonly fault: TransportFault | null;
  readonly drops: number;
}

const TIMING: Timing = { timeoutMs: 1000, retries: null, count: 1, rate: null, maxInFlight: null };

/** Probes `network` as the command would, without sockets and without waiting: session, loop and records over a simulated transport. */
export async function probeNetwork(network: Network, ask: Ask): Promise<RunOutcome> {
  const verdicts: Snapshot[] = [];
  const findings = new Map<string, readonly Finding[]>();
  const { targets, ports, order } = pairsOf(ask);
  const recorder = new PortRecorder({
    targets,
    ports: ports.size,
    order,
    expectations: null,
    openOnly: false,
    emit: (record) => findings.set(`${record.target}:${record.port}`, record.findings),
    pass: () => undefined,
  });
  const outcome = await runOver(network, ask, (verdict, now) => {
    verdicts.push(snapshot(verdict));
    recorder.add(verdict, now);
    recorder.tick(now);
  });
  recorder.end();
  const ended = verdicts.map((verdict) => {
    const found = findings.get(`${verdict.target}:${verdict.port}`) ?? [];
    return { ...verdict, found, findings: found.map(findingText) };
  });
  return { ...outcome, ports: ended };
}

/** The same without findings: `onVerdict` gets each verdict, valid during the call only, and the time. */
export async function runOver(
  network: Network,
  ask: Ask,
  onVerdict: (verdict: Verdict, now: Nanos) => void,
): Promise<SessionOutcome> {
  const transport = new SimulatedTransport(network, { seed: ask.seed ?? 1 });
  const session = new ProbeSession(planOf(network, ask, (verdict) => onVerdict(verdict, transport.now())));
  const interrupt = new AbortController();
  if (ask.interruptAt !== undefined) transport.at(ask.interruptAt, () => interrupt.abort());
  let turns = 0;
  const onTurn = (): void => {
    if (ask.holdEvery !== undefined) session.hold(++turns % ask.holdEvery !== 0);
  };
  const fault = await runSession(session, transport, { signal: interrupt.signal, onTurn });
  const durationMs = transport.now() / NANOS_PER_MS;
  await transport.close();
  return { stats: session.stats, durationMs, fault, drops: transport.drops() };
}

class UnresolvedRoutes extends SimulatedRoutes {
  override isUnresolved(): boolean {
    return true;
  }
}

function pairsOf(ask: Ask): Pick<SessionPlan, 'targets' | 'ports' | 'order'> {
  const pieces = (ask.targets ?? ['198.51.100.7']).map((text) => parseTarget(text));
  const targets = createTargetSet({ ranges: targetRanges(pieces), names: [] });
  const ports = parsePorts(ask.ports);
  const seed = ask.seed ?? 1;
  const order = createProbeOrder({ targets: targets.size, ports, seed, shard: null, randomize: ask.randomize ?? true });
  return { targets, ports, order };
}

function planOf(network: Network, ask: Ask, onVerdict: (verdict: Verdict) => void): SessionPlan {
  const payload = fromHex(ask.payload ?? '') as Uint8Array;
  const seed = ask.seed ?? 1;
  return {
    ...pairsOf(ask),
    routes: ask.unresolved === true ? new UnresolvedRoutes(network.local) : new SimulatedRoutes(network.local),
    sourcePorts: Array.from({ length: ask.sourcePorts ?? 16 }, (_, index) => 20_000 + index),
    craft: (source) =>
      new SynTemplate({
        source: source.address,
        options: compiled(ask.options ?? optionsFor('linux', source.mtu)),
        ttl: ask.ttl ?? 64,
        tos: 0,
        window: windowFor('linux', source.mtu),
        flags: ask.ecn === true ? TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR : TcpFlag.SYN,
        df: true,
        payload,
        badChecksum: ask.badsum ?? false,
      }),
    key: Uint32Array.of(1, 2, 3, seed),
    keystream: keystreamOf(seed),
    seq: null,
    ipId: null,
    payloadLength: payload.length,
    timing: { ...TIMING, ...ask.timing },
    onVerdict,
  };
}

/** Words that differ, the same for one seed. */
function keystreamOf(seed: number): (into: Int32Array) => void {
  const random = createRandom(seed);
  return (into) => into.forEach((_, index) => (into[index] = random.uint32()));
}

function compiled(text: string): CompiledOptions {
  const list = compileOptions(text);
  if (!list.ok) throw new Error(`options "${text}": ${list.offending}`);
  return list;
}

type Snapshot = Omit<PortOutcome, 'findings' | 'found'>;

function snapshot(verdict: Verdict): Snapshot {
  return {
    target: formatAddress(verdict.target),
    port: verdict.port,
    state: verdict.state,
    reason: verdict.reason,
    from: verdict.from === null ? null : formatAddress(verdict.from),
    ttl: verdict.ttl,
    attempts: verdict.attempts,
    rttMs: [...verdict.rttSamples],
    rejected: verdict.rejected,
    conflict: verdict.conflict !== null,
    sent: decoded(verdict.sent),
    reply: decoded(verdict.reply),
  };
}

function findingText({ code, option, certainty }: Finding): string {
  return `${code}${option === null ? '' : `:${option}`} ${certainty}`;
}

function decoded(bytes: Uint8Array | null): DecodedPacket | null {
  if (bytes === null) return null;
  const result = decodePacket(bytes.slice());
  if (!result.ok) throw new Error(`verdict with an unreadable packet: ${result.defect.message}`);
  return result.value;
}
