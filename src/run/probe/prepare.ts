import { randomInt } from 'node:crypto';

import { type PairOrder, parseShard } from '../../probe/scan/pair-order.ts';
import { createProbeOrder } from '../../probe/scan/probe-order.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import type { PortSet } from '../../probe/targets/port-set.ts';
import { RetryPolicy } from '../../probe/scan/retry-policy.ts';
import { synOptions, type SynSpec } from '../../probe/craft/syn-spec.ts';
import type { TargetSet } from '../../probe/targets/target-set.ts';
import type { Timing } from '../../probe/timing.ts';
import { type Expectations, parseExpectations } from '../../records/probe/expectations.ts';
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
  synOptions(spec, ETHERNET_MTU);
  const targets = await readTargets(options);
  const seed = options.seed ?? randomInt(2 ** 32);
  const order = createProbeOrder({ targets: targets.size, ports, seed, shard, randomize: options.randomize !== false });
  const syns = new RetryPolicy(timing, order.length).most * timing.count + SPARE_SYNS;
  const sourcePortCount = options.sourcePort === undefined ? Math.min(MAX_SOURCE_PORTS, syns) : 1;
  return { options, targets, ports, order, seed, spec, timing, expectations, version: packageVersion(), sourcePortCount };
}
