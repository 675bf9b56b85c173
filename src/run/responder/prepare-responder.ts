import { SynscopeError, usageError } from '../../errors.ts';
import type { Mac } from '../../probe/responder/token-mac.ts';
import type { Address } from '../../wire/address.ts';
import { EXTRA_CARRIERS, type ExtraCarrier } from '../../probe/responder/proof-syns.ts';
import type { PreparedRun } from '../probe/prepare.ts';
import { MOST_PAIRS } from '../options/prepare-pairs.ts';
import type { ProbeOptions } from '../probe/probe-options.ts';
import { readTargets } from '../options/read-targets.ts';
import { openToken } from '../options/token.ts';

const LAST_PORT = 65_535;

/** A run with a responder, its input read and found good. */
export interface ResponderRun extends PreparedRun {
  readonly mac: Mac;
  /** Carriers of the proof beside those that every SYN has. */
  readonly carriers: readonly ExtraCarrier[];
  /** Another listening port of the responder, or null. */
  readonly control: { readonly address: Address; readonly port: number } | null;
}

/** Options that say how to scan, or how to send what no responder answers, and why they are not taken. */
const REFUSED: Readonly<Partial<Record<keyof ProbeOptions, readonly [flag: string, why: string]>>> = {
  seq: ['--seq', 'the sequence number carries the proof'],
  badsum: ['--badsum', 'a SYN with a wrong checksum is answered by no responder'],
  count: ['--count', 'each port is asked once'],
  rate: ['--rate', 'ports are asked a few at a time'],
  maxInFlight: ['--max-in-flight', 'ports are asked a few at a time'],
  shard: ['--shard', 'all ports are asked'],
};

/** Reads what a responder needs beside a probe's options. Throws a usage error for what cannot be accepted. */
export async function prepareResponder(run: PreparedRun): Promise<ResponderRun> {
  const { options, targets, ports } = run;
  for (const [key, [flag, why]] of Object.entries(REFUSED)) {
    const value = options[key as keyof ProbeOptions];
    if (value !== undefined && value !== false) throw new SynscopeError('usage', `${flag} with --responder: ${why}`);
  }
  if (targets.size * ports.size > MOST_PAIRS) {
    const size = `${targets.size} targets and ${ports.size} ports`;
    throw new SynscopeError('usage', `--responder for ${size}: at most ${MOST_PAIRS} pairs`);
  }
  const carriers = readCarriers(options.proof);
  const control = options.control === undefined ? null : await readControl(options.control);
  return { ...run, mac: openToken(options, options.onWarning ?? (() => undefined)), carriers, control };
}

function readCarriers(text: string | undefined): readonly ExtraCarrier[] {
  if (text === undefined) return [];
  return text.split(',').map((item) => {
    const carrier = EXTRA_CARRIERS.find((name) => name === item.trim());
    if (carrier !== undefined) return carrier;
    throw usageError('--proof', text, `expected ${EXTRA_CARRIERS.join(', ')} or both`);
  });
}

/** The address and port that `--control` names. Throws a usage error for anything but `HOST:PORT`. */
export async function readControl(text: string): Promise<NonNullable<ResponderRun['control']>> {
  const [, host = '', digits = ''] = /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === '' || port < 1 || port > LAST_PORT)
    throw usageError('--control', text, 'expected HOST:PORT, such as 192.0.2.7:8443');
  const targets = await readTargets({ targets: [host] });
  return { address: targets.at(0), port };
}
