import { randomFillSync } from 'node:crypto';

import { SynscopeError, usageError } from '../../errors.ts';
import { type ProfileName, PROFILES } from '../../probe/craft/profiles.ts';
import type { SynSpec } from '../../probe/craft/syn-spec.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import type { Timing } from '../../probe/timing.ts';
import { type Address, parseAddress } from '../../wire/address.ts';
import { fromHex } from '../../wire/bytes.ts';
import { type RandomFill, randomWord } from '../machine.ts';
import type { RunFacts } from '../run-records.ts';
import { packageVersion } from '../version.ts';
import { readTargets } from './read-targets.ts';

/** Which addresses a run is about. */
export interface TargetOptions {
  /** Addresses, CIDRs, octet ranges, hostnames. */
  readonly targets: readonly string[];
  /** A file of targets, one a line, `#` comments; `-` is stdin. */
  readonly targetsFile?: string;
  readonly exclude?: readonly string[];
  readonly excludeFile?: string;
  /** Every A record of a hostname, not the first. */
  readonly allAddresses?: boolean;
}

/** What the SYNs look like. */
export interface CraftOptions {
  /** Ordered TCP options in tcpdump's words. */
  readonly options?: string;
  /** `linux`, `windows`, `macos`, `freebsd` or `bare`: options, TTL and window of that system's SYN. */
  readonly profile?: string;
  readonly ttl?: number;
  readonly dscp?: number;
  readonly ecn?: boolean;
  readonly window?: number;
  readonly seq?: number;
  readonly ipId?: number;
  readonly df?: boolean;
  /** Hex. */
  readonly payload?: string;
  readonly badsum?: boolean;
}

/** How packets leave this host. */
export interface NetworkOptions {
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  readonly interface?: string;
  readonly engine?: string;
  /** Become an unprivileged user once the sockets are open. Default: false in the library, true in the command. */
  readonly dropPrivileges?: boolean;
}

/** How a caller stops a run, and is warned. */
export interface RunControl {
  /** Ends the run early: what is known by then is yielded, and the summary says `interrupted`. */
  readonly signal?: AbortSignal;
  /** Takes one line about something that works less well than it could. */
  readonly onWarning?: (line: string) => void;
}

const DEFAULT_TIMEOUT_MS = 1000;
const LARGEST_SYN_PAYLOAD = 1200;

/** What the SYNs look like. Throws a usage error that quotes the option at fault. */
export function readSpec(options: CraftOptions & Pick<NetworkOptions, 'sourceIp'>): SynSpec {
  const profile = readProfile(options.profile ?? 'linux');
  const usual = PROFILES[profile];
  return {
    profile,
    options: options.options ?? null,
    ...readHeaderFields(options),
    ttl: whole('--ttl', options.ttl, [1, 255]) ?? usual.ttl,
    df: options.df ?? usual.df,
    ecn: options.ecn === true,
    payload: readPayload(options.payload),
    badChecksum: options.badsum === true,
    sourceIp: options.sourceIp === undefined ? null : readAddressOption('--source-ip', options.sourceIp),
  };
}

function readHeaderFields(options: CraftOptions): Pick<SynSpec, 'dscp' | 'window' | 'seq' | 'ipId'> {
  return {
    dscp: whole('--dscp', options.dscp, [0, 63]) ?? 0,
    window: whole('--window', options.window, [0, 65_535]) ?? null,
    seq: whole('--seq', options.seq, [0, 0xffff_ffff]) ?? null,
    ipId: whole('--ip-id', options.ipId, [0, 65_535]) ?? null,
  };
}

/** The timing options of all commands; each has some of them. */
interface TimingOptions extends Pick<NetworkOptions, 'sourcePort'> {
  readonly seed?: number;
  readonly timeout?: number;
  readonly retries?: number;
  readonly count?: number;
  readonly rate?: number | 'max';
  readonly maxInFlight?: number;
}

/** Rates, time-outs and retries. Throws a usage error that quotes the option at fault. */
export function readTiming(options: TimingOptions): Timing {
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

/** Returns `value`, which may be undefined. Throws a usage error unless it is a whole number from `low` to `high`. */
export function whole(flag: string, value: number | undefined, [low, high]: readonly [number, number]): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= low && value <= high)) return value;
  throw usageError(flag, String(value), `expected a whole number from ${low} to ${high}`);
}

function readPayload(text: string | undefined): Uint8Array {
  if (text === undefined) return new Uint8Array(0);
  const bytes = fromHex(text);
  if (bytes === null || text === '') throw usageError('--payload', text, 'expected hex digits in pairs, such as 474554');
  if (bytes.length <= LARGEST_SYN_PAYLOAD) return bytes;
  throw new SynscopeError('usage', `--payload of ${bytes.length} bytes: a SYN carries at most ${LARGEST_SYN_PAYLOAD} here`);
}

function readAddressOption(flag: string, text: string): Address {
  const address = parseAddress(text);
  if (address !== null) return address;
  throw usageError(flag, text, 'expected an IPv4 address such as 192.0.2.1');
}

/** Options of the commands that look closely at a few (target, port) pairs. */
export interface PairOptions extends TargetOptions, CraftOptions, NetworkOptions, RunControl {
  /** `443` or `22,80`; each command has its own default. */
  readonly ports?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly retries?: number;
}

/** A run over few pairs, its options read; nothing is open yet. */
export interface PreparedPairs extends RunFacts {
  readonly options: PairOptions;
}

/** Most pairs of such a run: each costs dozens of packets. */
export const MOST_PAIRS = 1024;

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
  const pairs = targets.size * ports.size;
  if (pairs > MOST_PAIRS) {
    throw new SynscopeError(
      'usage',
      `${command} of ${targets.size} targets and ${ports.size} ports: at most ${MOST_PAIRS} pairs`,
    );
  }
  return { options, command, version: packageVersion(), targets, ports, spec, timing, seed: randomWord(random), shard: null };
}
