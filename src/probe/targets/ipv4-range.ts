import { type Address, addressPlus, parseAddress } from '../../wire/address.ts';

/** Every address from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: Address;
  readonly last: Address;
}

/** What a text means, or in words why it means nothing. */
export type RangesOrComplaint = readonly AddressRange[] | string;

/** Octet patterns with more separate stretches are refused: each costs memory for the whole run. */
const MAX_STRETCHES = 65_536;

const LAST_PREFIX = 32;

interface OctetSpan {
  readonly low: number;
  readonly high: number;
}

/**
 * Reads the IPv4 target grammar: an address, a CIDR (host bits are ignored, network and broadcast address
 * included, as in nmap), `first-last` with two whole addresses, or a range in any octet (`10.0.0-3.1-254`).
 * The one file that knows how such text looks for this family.
 */
export function parseIpv4Ranges(text: string): RangesOrComplaint {
  if (text.includes('/')) return parseCidr(text);
  const dash = text.indexOf('-');
  if (dash !== -1 && text.lastIndexOf('.') > dash && text.split('.').length === 7) return parseFullRange(text, dash);
  return parseOctetPattern(text);
}

function parseCidr(text: string): RangesOrComplaint {
  const slash = text.indexOf('/');
  const base = parseAddress(text.slice(0, slash));
  if (base === null) return 'what stands before the / is not an IPv4 address';
  const prefixText = text.slice(slash + 1);
  const prefix = /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (!(prefix <= LAST_PREFIX)) return 'a prefix length is 0 to 32';
  const size = 2 ** (LAST_PREFIX - prefix);
  const first = addressPlus(base, -(base % size));
  return [{ first, last: addressPlus(first, size - 1) }];
}

function parseFullRange(text: string, dash: number): RangesOrComplaint {
  const first = parseAddress(text.slice(0, dash));
  const last = parseAddress(text.slice(dash + 1));
  if (first === null || last === null) return 'both ends of a range must be IPv4 addresses with octets from 0 to 255';
  if (last < first) return 'the range ends before it begins';
  return [{ first, last }];
}

function parseOctetPattern(text: string): RangesOrComplaint {
  const parts = text.split('.');
  if (parts.length !== 4) return 'an IPv4 address has four octets';
  const spans = parts.map(parseOctet);
  const complaint = spans.find((span) => typeof span === 'string');
  return complaint ?? expandPattern(spans.filter((span) => typeof span !== 'string'));
}

function parseOctet(part: string): OctetSpan | string {
  const match = /^(0|[1-9]\d*)(?:-(0|[1-9]\d*))?$/.exec(part);
  if (match === null) return part === '' ? 'an octet is missing' : `"${part}" is not an octet or a range of octets`;
  const low = Number(match[1]);
  const high = match[2] === undefined ? low : Number(match[2]);
  if (low > 255 || high > 255) return 'an octet is at most 255';
  if (high < low) return 'the range ends before it begins';
  return { low, high };
}

/** Turns the pattern into stretches without gaps: `10.0-255.0-255.0-255` is one, `10.0.0-3.1-254` is four. */
function expandPattern(spans: readonly OctetSpan[]): RangesOrComplaint {
  const split = spans.findLastIndex(({ low, high }) => low !== 0 || high !== 255);
  const head = spans.slice(0, Math.max(split, 0));
  const tail = spans.slice(Math.max(split, 0));
  const count = head.reduce((product, { low, high }) => product * (high - low + 1), 1);
  if (count > MAX_STRETCHES) {
    return `the pattern falls into more than ${MAX_STRETCHES} separate ranges; ask for a CIDR and --exclude what is too much`;
  }
  const low = tail.reduce((value, span) => value * 256 + span.low, 0);
  const high = tail.reduce((value, span) => value * 256 + span.high, 0);
  const scale = 256 ** tail.length;
  return headValues(head).map((value) => ({ first: (value * scale + low) as Address, last: (value * scale + high) as Address }));
}

/** Every number that the leading octets can form, ascending. */
function headValues(head: readonly OctetSpan[]): readonly number[] {
  const withOctet = (values: readonly number[], { low, high }: OctetSpan): readonly number[] =>
    values.flatMap((value) => Array.from({ length: high - low + 1 }, (_, place) => value * 256 + low + place));
  return head.reduce(withOctet, [0]);
}
