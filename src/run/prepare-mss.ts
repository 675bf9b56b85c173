import { randomBytes } from 'node:crypto';

import { SynscopeError, usageError } from '../errors.ts';
import { type OfferItem, parseOffers, withOffer } from '../probe/mss/offers.ts';
import type { Attempt } from '../probe/mss/port-measurement.ts';
import { optionsFor } from '../probe/profiles.ts';
import { httpRequest, tlsClientHello } from '../probe/requests.ts';
import { type MssExpectations, parseMssExpectations } from '../report/mss-expectations.ts';
import type { Source } from '../transport/transport.ts';
import { fromHex } from '../wire/hex.ts';
import type { SynTemplate } from '../wire/syn-template.ts';
import type { MssOptions } from './mss-options.ts';
import { craftSyn } from './prepare.ts';
import { preparePairs, type PreparedPairs } from './prepare-pairs.ts';

/** Whom a request is for. */
export interface Addressee {
  readonly address: string;
  readonly hostname: string | null;
  readonly port: number;
}

/** A run of `mss` whose input has been read and found good; nothing has been opened yet. */
export interface PreparedMss extends PreparedPairs {
  readonly offers: readonly OfferItem[];
  /** What is said for data; null to wait for a banner. */
  readonly requestFor: (addressee: Addressee) => Uint8Array | null;
  readonly expectations: MssExpectations | null;
}

const DEFAULT_PORTS = '443';
const LARGEST_REQUEST = 16_384;
const LARGEST_WINDOW = 0xffff;
const HTTP_PORTS: readonly number[] = [80, 8080];
const TLS_PORTS: readonly number[] = [443, 8443];
const ACCEPTED = 'expected http, http:/PATH, tls, none, or hex: and hex digits in pairs';

/** Reads all options. Throws a usage error for the first that cannot be accepted. */
export async function prepareMss(options: MssOptions): Promise<PreparedMss> {
  const offers = parseOffers(options.offer);
  const requestFor = readRequest(options.request);
  const expectations = parseMssExpectations(options);
  const pairs = await preparePairs('mss', options, DEFAULT_PORTS);
  // A window below two segments would bound the host's.
  const spec = { ...pairs.spec, window: pairs.spec.window ?? LARGEST_WINDOW };
  if (spec.payload.length > 0) throw usageError('--payload', options.payload ?? '', 'not with mss, which sends --request instead');
  const run = { ...pairs, spec, offers, requestFor, expectations };
  craftOffer(run, { address: pairs.targets.at(0), interface: '', mtu: 1500 }, { purpose: 'offered', offer: 1460 });
  return run;
}

/** The SYN that an attempt asks for, as it leaves by `source`. */
export function craftOffer({ spec }: Pick<PreparedMss, 'spec'>, source: Source, { purpose, offer }: Attempt): SynTemplate {
  const list = withOffer(spec.options ?? optionsFor(spec.profile, source.mtu), offer, purpose === 'offered-twice' ? 2 : 1);
  const options = purpose === 'without-timestamps' ? withoutTimestamps(list) : list;
  return craftSyn({ spec: { ...spec, options } }, source);
}

function withoutTimestamps(list: string): string {
  const rest = list.split(',').filter((item) => !/^\s*ts\b/i.test(item));
  return rest.length === 0 ? 'none' : rest.join(',');
}

function readRequest(text: string | undefined): PreparedMss['requestFor'] {
  if (text === undefined) return usualRequest;
  if (text === 'none') return () => null;
  if (text === 'tls') return tls;
  if (text === 'http') return (addressee) => http(addressee, '/');
  const path = /^http:(\/[\x21-\x7e]*)$/.exec(text)?.[1];
  if (path !== undefined) return (addressee) => http(addressee, path);
  const bytes = text.startsWith('hex:') ? fromHex(text.slice(4)) : null;
  if (bytes === null || bytes.length === 0) throw usageError('--request', text, ACCEPTED);
  if (bytes.length <= LARGEST_REQUEST) return () => bytes;
  throw new SynscopeError('usage', `--request of ${bytes.length} bytes: at most ${LARGEST_REQUEST}`);
}

function usualRequest(addressee: Addressee): Uint8Array | null {
  if (HTTP_PORTS.includes(addressee.port)) return http(addressee, '/');
  return TLS_PORTS.includes(addressee.port) ? tls(addressee) : null;
}

function http({ address, hostname, port }: Addressee, path: string): Uint8Array {
  const name = hostname ?? address;
  return httpRequest(port === 80 ? name : `${name}:${port}`, path);
}

function tls({ hostname }: Addressee): Uint8Array {
  return tlsClientHello(hostname, randomBytes(32), randomBytes(32));
}
