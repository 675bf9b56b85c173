import { SynscopeError, usageError } from '../../errors.ts';
import { httpRequest, tlsClientHello } from '../../probe/requests.ts';
import { fromHex } from '../../wire/bytes.ts';
import type { RandomFill } from '../machine.ts';
import type { RoutedPair } from '../routed-targets.ts';

type PairName = RoutedPair['name'];

/** Makes the request for a port; null for none. */
export type RequestMaker = (pair: PairName) => Uint8Array | null;

const LARGEST_REQUEST = 16_384;
const HTTP_PORTS: readonly number[] = [80, 8080];
const TLS_PORTS: readonly number[] = [443, 8443];

/**
 * Reads `http`, `http:/PATH`, `tls`, `hex:...` or `none`; by default the port decides. Throws a usage
 * error.
 */
export function readRequest(flag: string, text: string | undefined, random: RandomFill): RequestMaker {
  const tls: RequestMaker = ({ hostname }) => tlsClientHello(hostname, random(new Uint8Array(32)), random(new Uint8Array(32)));
  if (text === undefined) return (pair) => usual(pair, tls);
  if (text.startsWith('hex:')) return bytesOf(flag, text);
  if (text === 'none') return () => null;
  if (text === 'tls') return tls;
  const path = text === 'http' ? '/' : /^http:(\/[\x21-\x7e]*)$/.exec(text)?.[1];
  if (path !== undefined) return (pair) => http(pair, path);
  throw usageError(flag, text, 'expected http, http:/PATH, tls, none, or hex: and hex digits in pairs');
}

function bytesOf(flag: string, text: string): RequestMaker {
  const bytes = fromHex(text.slice(4));
  if (bytes === null || bytes.length === 0)
    throw usageError(flag, text, 'expected hex: and hex digits in pairs, such as hex:474554');
  if (bytes.length <= LARGEST_REQUEST) return () => bytes;
  throw new SynscopeError('usage', `${flag} of ${bytes.length} bytes: at most ${LARGEST_REQUEST}`);
}

function usual(pair: PairName, tls: RequestMaker): Uint8Array | null {
  if (HTTP_PORTS.includes(pair.port)) return http(pair, '/');
  return TLS_PORTS.includes(pair.port) ? tls(pair) : null;
}

function http({ target, hostname, port }: PairName, path: string): Uint8Array {
  const name = hostname ?? target;
  return httpRequest(port === 80 ? name : `${name}:${port}`, path);
}
