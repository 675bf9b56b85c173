import { randomFillSync } from 'node:crypto';

import { SynscopeError, usageError } from '../../errors.ts';
import { type ProfileName, PROFILES } from '../../probe/craft/profiles.ts';
import type { SynSpec } from '../../probe/craft/syn-spec.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import {
  createTargetSet,
  type NamedAddress,
  parseExclude,
  parseExcludesFile,
  parseTarget,
  parseTargetsFile,
  targetNames,
  targetRanges,
  type TargetSet,
} from '../../probe/targets/targets.ts';
import type { Timing } from '../../probe/timing.ts';
import { type Address, parseAddress } from '../../wire/address.ts';
import { fromHex } from '../../wire/bytes.ts';
import { type RandomFill, randomWord } from '../machine.ts';
import type { RunFacts } from '../run-records.ts';
import { packageVersion } from '../version.ts';
import type { CraftOptions, NetworkOptions, PairOptions, TargetOptions, TimingOptions } from './run-options.ts';

const DEFAULT_TIMEOUT_MS = 1000;
const LARGEST_SYN_PAYLOAD = 1200;

/** What the SYNs look like. Throws a usage error that quotes the option at fault. */
export function readSpec(options: CraftOptions & Pick<NetworkOptions, 'sourceIp'>): SynSpec {
  const profile = readProfile(options.profile ?? 'linux');
  const usual = PROFILES[profile];
  return {
    profile,
    options: options.options ?? null,
    dscp: whole('--dscp', options.dscp, [0, 63]) ?? 0,
    window: whole('--window', options.window, [0, 65_535]) ?? null,
    seq: whole('--seq', options.seq, [0, 0xffff_ffff]) ?? null,
    ipId: whole('--ip-id', options.ipId, [0, 65_535]) ?? null,
    ttl: whole('--ttl', options.ttl, [1, 255]) ?? usual.ttl,
    df: options.df ?? usual.df,
    ecn: options.ecn === true,
    payload: readPayload(options.payload),
    badChecksum: options.badsum === true,
    sourceIp: readSourceIp(options.sourceIp),
  };
}

/** Rates, time-outs and retries. Throws a usage error that quotes the option at fault. */
export function readTiming(options: TimingOptions & Pick<NetworkOptions, 'sourcePort'>): Timing {
  whole('--source-port', options.sourcePort, [1, 65_535]);
  whole('--seed', options.seed, [0, Number.MAX_SAFE_INTEGER]);
  return {
    timeoutMs: whole('--timeout', options.timeout, [1, 60_000]) ?? DEFAULT_TIMEOUT_MS,
    retries: whole('--retries', options.retries, [0, 20]) ?? null,
    count: whole('--count', options.count, [1, 1000]) ?? 1,
    rate: readRate(options.rate),
    maxInFlight: whole('--max-in-flight', options.maxInFlight, [1, 1_000_000]) ?? null,
  };
}

function readProfile(name: string): ProfileName {
  if (Object.hasOwn(PROFILES, name)) return name as ProfileName;
  throw usageError('--profile', name, `accepted are ${Object.keys(PROFILES).join(', ')}`);
}

function readRate(rate: number | 'max' | undefined): number | null {
  if (rate === undefined) return null;
  if (rate === 'max') return Infinity;
  if (typeof rate === 'number' && rate > 0 && rate <= 100_000_000) return rate;
  throw usageError('--rate', String(rate), 'expected packets a second, a number above 0, or "max"');
}

/**
 * Returns `value`, which may be undefined. Throws a usage error unless it is a whole number from `low` to
 * `high`.
 */
export function whole(flag: string, value: number | undefined, [low, high]: readonly [number, number]): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= low && value <= high)) return value;
  throw usageError(flag, String(value), `expected a whole number from ${low} to ${high}`);
}

/** An option list in tcpdump's words without its timestamps. */
export function withoutTimestamps(list: string): string {
  const others = list.split(',').filter((item) => !/^\s*ts\b/i.test(item));
  return others.length === 0 ? 'none' : others.join(',');
}

function readPayload(text: string | undefined): Uint8Array {
  if (text === undefined) return new Uint8Array(0);
  const bytes = fromHex(text);
  if (bytes === null || text === '') throw usageError('--payload', text, 'expected hex digits in pairs, such as 474554');
  if (bytes.length <= LARGEST_SYN_PAYLOAD) return bytes;
  throw new SynscopeError('usage', `--payload of ${bytes.length} bytes: a SYN carries at most ${LARGEST_SYN_PAYLOAD} here`);
}

function readSourceIp(text: string | undefined): Address | null {
  const address = text === undefined ? null : parseAddress(text);
  if (text === undefined || address !== null) return address;
  throw usageError('--source-ip', text, 'expected an IPv4 address such as 192.0.2.1');
}

/** A run over few pairs, its options read; nothing is open yet. */
export interface PreparedPairs extends RunFacts {
  readonly options: PairOptions;
}

/** Most pairs of such a run: each costs dozens of packets. */
export const MOST_PAIRS = 1024;

/** Throws a usage error for more pairs than that. */
export function limitPairs(what: string, { targets, ports }: Pick<RunFacts, 'targets' | 'ports'>): void {
  if (targets.size * ports.size <= MOST_PAIRS) return;
  throw new SynscopeError('usage', `${what} ${targets.size} targets and ${ports.size} ports: at most ${MOST_PAIRS} pairs`);
}

/** Reads the options that these commands share. Throws a usage error for the first that is not valid. */
export async function preparePairs(
  command: string,
  options: PairOptions,
  defaultPorts: string,
  random: RandomFill = randomFillSync,
): Promise<PreparedPairs> {
  const ports = parsePorts(options.ports ?? defaultPorts);
  const spec = readSpec(options);
  const timing = readTiming(options);
  const targets = await readTargets(options);
  limitPairs(`${command} of`, { targets, ports });
  return { options, command, version: packageVersion(), targets, ports, spec, timing, seed: randomWord(random), shard: null };
}

/**
 * Reads files, resolves names and applies exclusions. Throws a usage error that quotes what it cannot use.
 */
export async function readTargets(options: TargetOptions): Promise<TargetSet> {
  const { targetsFile, exclude = [], excludeFile } = options;
  const listed = targetsFile === undefined ? [] : parseTargetsFile(await readInput('--targets-file', targetsFile));
  const pieces = [...options.targets.map((text) => parseTarget(text)), ...listed];
  const excluded = excludeFile === undefined ? [] : parseExcludesFile(await readInput('--exclude-file', excludeFile));
  const excludes = [...exclude.flatMap((text) => parseExclude(text)), ...excluded];
  if (pieces.length === 0) throw new SynscopeError('usage', noTargetText(targetsFile));
  const names = await Promise.all(targetNames(pieces).map((name) => resolveName(name, options.allAddresses === true)));
  const targets = createTargetSet({ ranges: targetRanges(pieces), names: names.flat() }, excludes);
  if (targets.size > 0) return targets;
  throw usageError('--exclude', (options.exclude ?? [excludeFile]).join(','), 'nothing is left to probe');
}

function noTargetText(file: string | undefined): string {
  const accepted = 'an IPv4 address, CIDR, range or hostname';
  return file === undefined
    ? `no target: expected ${accepted}, or --targets-file FILE`
    : `--targets-file "${file}": holds no target; expected one a line: ${accepted}`;
}

async function readInput(flag: string, path: string): Promise<string> {
  try {
    if (path === '-') return await (await import('node:stream/consumers')).text(process.stdin);
    return await (await import('node:fs/promises')).readFile(path, 'utf8');
  } catch (error) {
    throw usageError(flag, path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

async function resolveName(name: string, all: boolean): Promise<readonly NamedAddress[]> {
  try {
    const { lookup } = await import('node:dns/promises');
    const found = await lookup(name, { family: 4, all: true });
    const addresses = found.map(({ address }) => parseAddress(address)).filter((address) => address !== null);
    return (all ? addresses : addresses.slice(0, 1)).map((address) => ({ name, address }));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw usageError('target', name, `no IPv4 address found for this name (${why})`);
  }
}
