import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LinkType, ipOffset } from '../../src/wire/link.ts';
import { anyBytes } from './arbitraries.ts';
import { bytesOf } from './bytes-of.ts';

const IP = `45 ${'00'.repeat(19)}`;
const MACS = 'ffffffffffff 020000000001';
const COOKED = '0000 0001 0006 0200000000010000';

describe('the IP header in a frame', () => {
  it.each<[string, LinkType, string, number]>([
    ['Ethernet', 'ethernet', `${MACS} 0800 ${IP}`, 14],
    ['Ethernet, IPv6', 'ethernet', `${MACS} 86dd ${IP}`, -1],
    ['Ethernet, ARP', 'ethernet', `${MACS} 0806 ${IP}`, -1],
    ['Ethernet, 802.1Q', 'ethernet', `${MACS} 8100 0064 0800 ${IP}`, 18],
    ['Ethernet, 802.1ad around 802.1Q', 'ethernet', `${MACS} 88a8 0064 8100 00c8 0800 ${IP}`, 22],
    ['Ethernet, a tag that ends the frame', 'ethernet', `${MACS} 8100 0064`, -1],
    ['Ethernet, tags without end', 'ethernet', `${MACS} ${'8100'.repeat(40)}`, -1],
    ['Linux cooked v1', 'linux-sll', `${COOKED} 0800 ${IP}`, 16],
    ['Linux cooked v1, 802.1Q', 'linux-sll', `${COOKED} 8100 0064 0800 ${IP}`, 20],
    ['Linux cooked v1, IPv6', 'linux-sll', `${COOKED} 86dd ${IP}`, -1],
    ['Linux cooked v2', 'linux-sll2', `0800 0000 00000002 0001 00 06 0200000000010000 ${IP}`, 20],
    ['Linux cooked v2, ARP', 'linux-sll2', `0806 0000 00000002 0001 00 06 0200000000010000 ${IP}`, -1],
    ['raw', 'raw', IP, 0],
    ['raw IPv6', 'raw', `60 ${'00'.repeat(39)}`, -1],
    ['null, little-endian host', 'null', `02000000 ${IP}`, 4],
    ['null, big-endian host', 'null', `00000002 ${IP}`, 4],
    ['null, IPv6', 'null', `1e000000 ${IP}`, -1],
    ['a frame that says IPv4 and is not', 'ethernet', `${MACS} 0800 65 ${'00'.repeat(19)}`, -1],
  ])('%s', (_, link, hex, offset) => {
    const bytes = bytesOf(hex);
    expect(ipOffset(link, bytes, bytes.length)).toBe(offset);
    expect(ipOffset(link, bytes, Math.max(0, offset + 19))).toBe(-1);
  });

  it('is looked for within the frame only', () => {
    const link = fc.constantFrom<LinkType>('ethernet', 'linux-sll', 'linux-sll2', 'raw', 'null');
    fc.assert(
      fc.property(link, anyBytes(60), fc.nat(60), (type, bytes, cut) => {
        const length = Math.min(cut, bytes.length);
        const offset = ipOffset(type, bytes, length);
        expect(offset).toBe(ipOffset(type, bytes.slice(0, length), length));
        expect(offset === -1 || bytes.subarray(offset, offset + 20).length === 20).toBe(true);
      }),
    );
  });
});
