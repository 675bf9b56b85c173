import { randomInt } from 'node:crypto';

import { usageError } from '../../errors.ts';
import { type PairOrder, parseShard } from '../../probe/scan/pair-order.ts';
import { createProbeOrder } from '../../probe/scan/probe-order.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import type { PortSet } from '../../probe/targets/port-set.ts';
import { optionsFor, windowFor } from '../../probe/craft/profiles.ts';
import { RetryPolicy } from '../../probe/scan/retransmit-policy.ts';
import type { SynSpec } from '../../probe/craft/syn-spec.ts';
import type { TargetSet } from '../../probe/targets/target-set.ts';
import type { Timing } from '../../probe/timing.ts';
import { type Expectations, parseExpectations } from '../../records/probe/expectations.ts';
import type { Source } from '../../transport/transport.ts';
import { SynTemplate } from '../../wire/syn-template.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { compileOptions, type CompiledOptions } from '../../wire/tcp-options.ts';
import type { ProbeOptions } from './probe-options.ts';
import { readSpec, readTiming } from '../options/read-options.ts';
import { readTargets } from '../options/read-targets.ts';
import { packageVersion } from '../version.ts';

/** A run whose every input has been read and found good; nothing has been opened yet. */
export interface PreparedRun {
  readonly options: ProbeOptions;
  readonly targets: TargetSet;
  readonly ports: PortSet;
  readonly order: PairOrder;
  readonly seed: number;
  readonly spec: SynSpec;
  readonly timing: Timing;
  readonly expectations: Expectations | null;
  /** Of this package: read while its file can be read, which it may not be once privileges are given up. */
  readonly version: string;
  /** How many source ports tell the SYNs of one pair apart. */
  readonly sourcePortCount: number;
}

/** Two challenge ACKs may ask for one more SYN each. */
const SPARE_SYNS = 2;
const MAX_SOURCE_PORTS = 64;
/** For checking an option list before any route is known. */
const ETHERNET_MTU = 1500;

/** Reads all options. Throws a usage error for the first that cannot be accepted. */
export async function prepareRun(options: ProbeOptions): Promise<PreparedRun> {
  const ports = parsePorts(options.ports);
  const spec = readSpec(options);
  const timing = readTiming(options);
  const expectations = parseExpectations(options);
  const shard = options.shard === undefined ? null : parseShard(options.shard);
  compileFor(spec, ETHERNET_MTU);
  const targets = await readTargets(options);
  const seed = options.seed ?? randomInt(2 ** 32);
  const order = createProbeOrder({ targets: targets.size, ports, seed, shard, randomize: options.randomize !== false });
  const syns = new RetryPolicy(timing, order.length).most * timing.count + SPARE_SYNS;
  const sourcePortCount = options.sourcePort === undefined ? Math.min(MAX_SOURCE_PORTS, syns) : 1;
  return { options, targets, ports, order, seed, spec, timing, expectations, version: packageVersion(), sourcePortCount };
}

/** The SYN as it leaves by `source`. */
export function craftSyn(run: { readonly spec: SynSpec }, source: Source): SynTemplate {
  const { spec } = run;
  return new SynTemplate({
    source: source.address,
    options: compileFor(spec, source.mtu),
    ttl: spec.ttl,
    tos: spec.dscp << 2,
    window: synWindow(run, source.mtu),
    flags: spec.ecn ? TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR : TcpFlag.SYN,
    df: spec.df,
    payload: spec.payload,
    badChecksum: spec.badChecksum,
  });
}

/** The raw window of the SYN on an interface of that MTU. */
export function synWindow(run: { readonly spec: SynSpec }, mtu: number): number {
  return run.spec.window ?? windowFor(run.spec.profile, mtu);
}

/** The option list of the SYN in tcpdump's words, on an interface of that MTU. */
export function synOptionsText(run: { readonly spec: SynSpec }, mtu: number): string {
  return run.spec.options ?? optionsFor(run.spec.profile, mtu);
}

function compileFor(spec: SynSpec, mtu: number): CompiledOptions {
  const compiled = compileOptions(spec.options ?? optionsFor(spec.profile, mtu));
  if (!compiled.ok) throw usageError('--options', compiled.offending, `expected ${compiled.accepted}`);
  return compiled;
}
