import { describe, expect, it } from 'vitest';

import { sourceFiles, withoutComments } from './source-files.ts';

interface Rule {
  readonly what: string;
  readonly pattern: RegExp;
  /** Where it may stand: the one place that says it by name. */
  readonly allowed: readonly string[];
}

/** What depends on the address family, or is a header's length, has a name: `headerBytes(family)`, `TCP_HEADER_BYTES`, `mssOfMtu`. */
const RULES: readonly Rule[] = [
  {
    what: 'the length of an IP or TCP header as a number',
    pattern: /\b\w*(?:IP|TCP|HEADERS?)\w*(?:: number)? = (?:20|28|40|60)\b|\bheaderBytes: \d/i,
    allowed: ['wire/family.ts', 'wire/tcp.ts'],
  },
  {
    what: 'the arithmetic between MTU and MSS as a number',
    pattern: /\b\w*(?:mtu|mss|size|bytes|length)\w*\)? [-+] (?:20|28|40|52|60)\b/i,
    allowed: [],
  },
  { what: 'the first byte of an IP header', pattern: /\b0x45\b/, allowed: ['wire/family.ts', 'engine/linux/filter-program.ts'] },
  { what: 'the length field of an IP header', pattern: /& (?:0x0?f|15)\)+ (?:\*|<<) /, allowed: ['wire/ipv4.ts'] },
  { what: 'the version field of an IP header', pattern: />>> 4\)? [!=]==/, allowed: ['wire/icmp-extensions.ts'] },
  { what: 'an address family of the kernel', pattern: /\bAF_INET6?\w* = \d|\bsocketFamily: \d/, allowed: ['wire/family.ts'] },
  { what: 'the EtherType of IP', pattern: /\b0x(?:0?800|86dd)\b/i, allowed: ['wire/family.ts'] },
  { what: 'the network of the loopback', pattern: />>> 24\)? === 127/, allowed: ['wire/address.ts'] },
];

const files = sourceFiles();

/** Places outside the allowed ones, `path:line`. */
function placesOf({ pattern, allowed }: Rule): string[] {
  return files
    .filter((file) => !allowed.includes(file.path))
    .flatMap((file) =>
      withoutComments(file.text)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1} ${line.trim()}`] : [])),
    );
}

describe('header lengths and families', () => {
  it.each(RULES.map((rule) => [rule.what, rule] as const))('%s stands in one place', (_, rule) => {
    expect(placesOf(rule)).toEqual([]);
  });

  it.each([
    'const IP_AND_TCP_HEADER = 40;',
    'const mss = mtu - 40;',
    'Math.min(peerMss, this.#mtu - 40)',
    'const tcp = ((bytes[0] as number) & 0x0f) * 4;',
    'const AF_INET = 2;',
    'if ((bytes[0] as number) >>> 4 !== 4) return;',
    'const SHORTEST = 0x45;',
    'address >>> 24 === 127',
    'const ETHERTYPE_IPV4 = 0x0800;',
  ])('finds %s', (line) => {
    expect(RULES.filter(({ pattern }) => pattern.test(line))).not.toEqual([]);
  });

  it.each(['const LINGER = 20 * NANOS_PER_MS;', 'const IFREQ_BYTES = 40;', 'const NETLINK_HEADER = 16;', 'at + 40'])(
    'leaves %s alone',
    (line) => {
      expect(RULES.filter(({ pattern }) => pattern.test(line))).toEqual([]);
    },
  );
});
