import { randomFillSync } from 'node:crypto';

import { SynscopeError, usageError } from '../../errors.ts';
import type { InvestigationPlan, SynVariation } from '../../probe/handshake/investigation.ts';
import { craftSyn, ETHERNET, synOptionsText, type SynSpec } from '../../probe/craft/syn-spec.ts';
import { type HandshakeExpectations, parseHandshakeExpectations } from '../../records/handshake/expectations.ts';
import type { Source } from '../../transport/transport.ts';
import { NANOS_PER_MS } from '../../wire/numbers.ts';
import type { SynTemplate } from '../../wire/syn-template.ts';
import { preparePairs, type PreparedPairs, whole, withoutTimestamps } from '../options/read-options.ts';
import type { PairOptions } from '../options/run-options.ts';
import type { RandomFill } from '../machine.ts';
import { readRequest, type RequestMaker } from '../options/read-request.ts';

/** What `handshake` accepts: the command's flags in camelCase, with the same texts, units and defaults. */
export interface HandshakeOptions extends PairOptions {
  /** False leaves the SYN-ACK unacknowledged and watches it being sent again. */
  readonly ack?: boolean;
  /** Milliseconds to go on listening, before or after the ACK. */
  readonly observe?: number;
  /** `http`, `http:/PATH`, `tls`, `hex:...` or `none`. */
  readonly send?: string;
  readonly fastOpen?: boolean;
  readonly pathMtu?: boolean;
  /** `fin` or `rst`. */
  readonly close?: string;
  /** Handshakes side by side. */
  readonly repeat?: number;
  /** Comma-separated words. */
  readonly expect?: string;
}

/** A run of `handshake`, its options read; nothing is open yet. */
export interface PreparedHandshake extends PreparedPairs {
  /** What is the same for every port. */
  readonly plan: Omit<InvestigationPlan, 'makeSyn' | 'say' | 'pathMtu' | 'mtu'>;
  readonly say: RequestMaker;
  readonly measuresPathMtu: boolean;
  readonly expectations: HandshakeExpectations | null;
}

const DEFAULT_PORTS = '443';
const MOST_REPEATS = 100;
const LONGEST_OBSERVATION_MS = 600_000;
const RETRIES = 2;
const LONGEST_COOKIE = '00'.repeat(16);

/** Reads all options. Throws a usage error for the first that is not valid. */
export async function prepareHandshake(
  options: HandshakeOptions,
  random: RandomFill = randomFillSync,
): Promise<PreparedHandshake> {
  const pairs = await preparePairs('handshake', options, DEFAULT_PORTS, random);
  const { spec, timing } = pairs;
  const repeat = whole('--repeat', options.repeat, [1, MOST_REPEATS]) ?? 1;
  const observe = whole('--observe', options.observe, [0, LONGEST_OBSERVATION_MS]);
  const say = readRequest('--send', options.send ?? 'none', random);
  const plan = {
    initialRto: timing.timeoutMs * NANOS_PER_MS,
    retries: timing.retries ?? RETRIES,
    ack: options.ack !== false,
    observe: observe === undefined ? null : observe * NANOS_PER_MS,
    fastOpen: options.fastOpen === true,
    ecn: spec.ecn,
    close: readClose(options.close ?? 'fin'),
    repeat,
  };
  const expectations = parseHandshakeExpectations(options.expect);
  craftVariation(spec, ETHERNET, {});
  if (plan.fastOpen) checkFastOpen(spec);
  if (options.pathMtu === true && !spec.df)
    throw new SynscopeError('usage', '--path-mtu with --no-df: only packets that may not be broken up tell');
  return { ...pairs, plan, say, measuresPathMtu: options.pathMtu === true, expectations };
}

/** The SYN of the run as `variation` wants it. */
export function craftVariation(spec: SynSpec, source: Source, { fastOpen, payload, ecn, timestamps }: SynVariation): SynTemplate {
  const usual = synOptionsText(spec, source);
  const list = timestamps === false ? withoutTimestamps(usual) : usual;
  const options = fastOpen === undefined ? list : withFastOpen(list, fastOpen);
  return craftSyn({ ...spec, options, payload: payload ?? spec.payload, ecn: ecn ?? spec.ecn }, source);
}

function withFastOpen(list: string, fastOpen: NonNullable<SynVariation['fastOpen']>): string {
  const word = fastOpen === 'request' ? 'tfo' : `tfo=${fastOpen.cookie}`;
  return list === 'none' ? word : `${list},${word}`;
}

function checkFastOpen(spec: SynSpec): void {
  const list = synOptionsText(spec, ETHERNET);
  if (list.includes('tfo')) throw usageError('--options', list, 'no tfo beside --fast-open, which adds it where it is needed');
  // Linux' cookies have 8 bytes, the longest 16 (RFC 7413, 4.1.1); a list that leaves no room is refused
  // before anything is sent.
  craftVariation(spec, ETHERNET, { fastOpen: { cookie: LONGEST_COOKIE } });
}

function readClose(text: string): 'fin' | 'rst' {
  if (text === 'fin' || text === 'rst') return text;
  throw usageError('--close', text, 'expected fin or rst');
}
