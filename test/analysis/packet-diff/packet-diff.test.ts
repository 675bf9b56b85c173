import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { diffPackets } from '../../../src/analysis/packet-diff/packet-diff.ts';
import type { Change } from '../../../src/analysis/packet-diff/change.ts';
import { createRandom } from '../../network/random.ts';
import type { Context, Middlebox } from '../../network/middlebox.ts';
import { changeField, clearEcn, rewriteDscp, translateSeq } from '../../network/middleboxes/fields.ts';
import {
  addOption,
  clampMss,
  padOption,
  reorderOptions,
  rewriteOption,
  shiftTimestamps,
  stripOption,
} from '../../network/middleboxes/options.ts';
import { edited, set } from '../../network/packet-edit.ts';
import { type Address, parseAddress } from '../../../src/wire/address.ts';
import { writeU16, fromHex } from '../../../src/wire/bytes.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { compileOptions } from '../../../src/wire/tcp-options.ts';

const HERE = parseAddress('192.0.2.1') as Address;
const THERE = parseAddress('198.51.100.7') as Address;
const LINUX = 'mss=1460,sackOK,ts=1000:0,nop,wscale=7';

function syn(options = 'mss=1460,sackOK,ts=1000,nop,wscale=7', payload = ''): Uint8Array {
  const compiled = compileOptions(options);
  if (!compiled.ok) throw new Error(compiled.offending);
  return encodeTcpPacket({
    source: HERE,
    destination: THERE,
    sourcePort: 40_000,
    destinationPort: 443,
    ttl: 3,
    id: 0x1234,
    tos: 0,
    seq: 0xdeadbeef,
    flags: TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR,
    window: 64_240,
    options: compiled.bytes,
    payload: fromHex(payload) as Uint8Array,
  });
}

const CONTEXT: Context = {
  now: 0,
  random: createRandom(1),
  address: null,
  remember: (_key, create) => create(),
  later: () => {},
};

function after(packet: Uint8Array, ...boxes: readonly Middlebox[]): Uint8Array {
  return boxes.reduce((current, box) => box(current, CONTEXT)[0]?.packet ?? current, packet);
}

/** `field sent>seen how` of each change, quoting `bytes` behind the IP header. */
function changes(sent: Uint8Array, seen: Uint8Array, bytes = Infinity): readonly string[] {
  return diffPackets(sent, seen.subarray(0, 20 + bytes)).changes.map(text);
}

function text({ field, sent, seen, how }: Change): string {
  return `${field} ${JSON.stringify(sent)}>${JSON.stringify(seen)} ${how}`;
}

/** What a middlebox does to a SYN, and what must be said of it. */
const BOXES: readonly (readonly [string, Middlebox, readonly string[]])[] = [
  ['removes SACK', stripOption(4), ['tcp.option.sackOK true>null removed']],
  ['removes timestamps', stripOption(8), ['tcp.option.ts {"value":1000,"echo":0}>null removed']],
  ['removes MSS', stripOption(2), ['tcp.option.mss 1460>null removed']],
  ['pads SACK', padOption(4), ['tcp.option.sackOK true>null overwritten']],
  ['pads timestamps', padOption(8), ['tcp.option.ts {"value":1000,"echo":0}>null overwritten']],
  ['pads window scale', padOption(3), ['tcp.option.wscale 7>null overwritten']],
  ['clamps the MSS', clampMss(1300, 'down'), ['tcp.option.mss 1460>1300 rewritten']],
  ['shifts timestamps', shiftTimestamps(5), ['tcp.option.ts {"value":1000,"echo":0}>{"value":1005,"echo":0} rewritten']],
  [
    'rewrites window scale',
    rewriteOption(3, (option) => ({ ...option, value: 2 }) as typeof option),
    ['tcp.option.wscale 7>2 rewritten'],
  ],
  ['adds an option', addOption({ kind: 30, name: 'mptcp', data: '0001' }), ['tcp.option.mptcp null>"0001" added']],
  [
    'adds a second MSS',
    addOption({ kind: 2, name: 'mss', value: 536 }),
    ['tcp.option.mss 1460>536 rewritten', 'tcp.option.mss null>1460 added'],
  ],
  ['reorders', reorderOptions(3, 8), ['tcp.option.order "mss,sackOK,ts,wscale">"wscale,ts,mss,sackOK" reordered']],
  ['re-marks', rewriteDscp(46), ['ip.dscp 0>46 rewritten']],
  ['clears ECN', clearEcn(), ['tcp.flags "SEW">"S" rewritten']],
  ['translates sequence numbers', translateSeq(100).forward, ['tcp.seq 3735928559>3735928659 rewritten']],
  ['rewrites the window', changeField((bytes) => set.window(bytes, 1000)), ['tcp.window 64240>1000 rewritten']],
  ['rewrites the IP ID', changeField((bytes) => writeU16(bytes, 4, 7)), ['ip.id 4660>7 rewritten']],
  ['clears DF', changeField((bytes) => writeU16(bytes, 6, 0)), ['ip.df true>false rewritten']],
  ['sets a reserved bit', changeField((bytes) => (bytes[32] = (bytes[32] as number) | 2)), ['tcp.reserved 0>1 rewritten']],
  ['sets the urgent pointer', changeField((bytes) => writeU16(bytes, 38, 9)), ['tcp.urgent 0>9 rewritten']],
  [
    'translates source and port',
    changeField((bytes) => {
      set.source(bytes, THERE);
      writeU16(bytes, 20, 5);
    }),
    ['ip.src "192.0.2.1">"198.51.100.7" rewritten', 'tcp.sport 40000>5 rewritten'],
  ],
];

describe('a packet and itself', () => {
  it.each([0, 2, 4, 8, 12, 13, 14, 16, 18, 20, 22, 24, 28, 33, 40])(
    'differ in nothing, however short the quote: %i',
    (length) => {
      for (const packet of [syn(), syn(LINUX.replace(':0', ''), '48656c6c6f'), syn('none'), syn('mss=1460')]) {
        expect(changes(packet, packet, length)).toEqual([]);
      }
    },
  );

  it('TTL and IP checksum are no change', () => {
    const older = edited(syn(), (bytes) => (bytes[8] = 1));
    expect(changes(syn(), older)).toEqual([]);
  });

  it('a quote is never too strange', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (junk, plausible) => {
        const seen = plausible ? Uint8Array.from([0x45, ...junk.slice(1)]) : junk;
        const { changes: found, shows } = diffPackets(syn(), seen);
        expect(Array.isArray(found)).toBe(true);
        expect(typeof shows('tcp.option.mss')).toBe('boolean');
      }),
    );
  });
});

describe('one middlebox', () => {
  it.each(BOXES)('that %s is named and nothing else', (_, box, expected) => {
    expect(changes(syn(), after(syn(), box))).toEqual(expected);
  });

  it('is named with those of any others stacked on it, where they touch other fields', () => {
    const independent = BOXES.filter(([name]) => !/second MSS|reorder|removes|adds|translates source/.test(name));
    fc.assert(
      fc.property(fc.shuffledSubarray([...independent], { minLength: 5, maxLength: 5 }), (chosen) => {
        const fieldOf = ([, , [expected = '']]: (typeof BOXES)[number]): string => expected.split(' ')[0] as string;
        fc.pre(new Set(chosen.map(fieldOf)).size === chosen.length);
        const seen = after(syn(), ...chosen.map(([, box]) => box));
        expect(changes(syn(), seen).toSorted()).toEqual(chosen.flatMap(([, , expected]) => expected).toSorted());
      }),
    );
  });

  it('is never seen in a quote that hides what it did, but for length and checksum', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BOXES), fc.integer({ min: 8, max: 60 }), ([name, box, expected], length) => {
        const found = changes(syn(), after(syn(), box), length);
        const fields = expected.map((one) => one.split(' ')[0]);
        // Of a list that is cut, what has moved and what is gone look alike.
        const hints = [
          'tcp.checksum',
          'ip.len',
          ...(name === 'reorders' ? ['tcp.option.mss', 'tcp.option.sackOK', 'tcp.option.ts'] : []),
        ];
        for (const one of found) expect([...fields, ...hints]).toContain(one.split(' ')[0]);
      }),
    );
  });
});

describe('a short quote', () => {
  it('of 8 bytes shows ports and sequence number, and that the packet became shorter', () => {
    expect(changes(syn(), after(syn(), translateSeq(1).forward), 8)).toEqual(['tcp.seq 3735928559>3735928560 rewritten']);
    expect(changes(syn(), after(syn(), stripOption(8)), 8)).toEqual(['ip.len 60>52 rewritten']);
    const { shows } = diffPackets(syn(), syn().subarray(0, 28));
    expect(
      ['tcp.seq', 'tcp.window', 'tcp.option.mss', 'tcp.checksum', 'ip.dscp'].map((field) => shows(field as 'tcp.seq')),
    ).toEqual([true, false, false, false, true]);
  });

  it('of 28 bytes shows the first options; one that is cut is there, its value unknown', () => {
    const { changes: found, shows } = diffPackets(syn(), syn().subarray(0, 48));
    expect(found).toEqual([]);
    expect(['mss', 'sackOK', 'ts', 'wscale', 'mptcp'].map((name) => shows(`tcp.option.${name}`))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(changes(syn(), after(syn(), clampMss(1200, 'set')), 28)).toEqual(['tcp.option.mss 1460>1200 rewritten']);
    expect(changes(syn(), after(syn(), padOption(4)), 28)).toEqual(['tcp.option.sackOK true>null overwritten']);
    expect(changes(syn(), after(syn(), padOption(2)), 28)).toEqual(['tcp.option.mss 1460>null overwritten']);
    // Timestamps follow where SACK was sent: it is gone, and the length says so too.
    expect(changes(syn(), after(syn(), stripOption(4)), 28)).toContain('tcp.option.sackOK true>null removed');
  });

  it('whose checksum its bytes do not explain tells of something hidden', () => {
    expect(
      changes(
        syn(),
        after(
          syn(),
          rewriteOption(3, (option) => ({ ...option, value: 2 }) as typeof option),
        ),
        28,
      ),
    ).toEqual([expect.stringMatching(/^tcp\.checksum \d+>\d+ rewritten$/)]);
  });
});

describe('a checksum that does not fit the quoted header', () => {
  it('was made by a translator that restored addresses and left the checksum', () => {
    const translated = after(
      syn(),
      changeField((bytes) => set.source(bytes, THERE)),
    );
    const restored = translated.slice();
    restored.set(syn().subarray(12, 16), 12);
    expect(changes(syn(), restored)).toEqual([expect.stringMatching(/^tcp\.checksum/)]);
  });

  it('is no change of a packet that was sent with a wrong one', () => {
    const wrong = syn();
    wrong[36] = (wrong[36] as number) ^ 0x55;
    expect(changes(wrong, wrong)).toEqual([]);
    expect(changes(wrong, wrong, 28)).toEqual([]);
  });
});

describe('payload', () => {
  it('removed or rewritten is named, and explains the length', () => {
    const sent = syn(undefined, '474554');
    expect(changes(sent, syn())).toEqual(['tcp.payload "474554">null removed']);
    const other = edited(sent, (bytes) => (bytes[60] = 0x50));
    expect(changes(sent, other)).toEqual(['tcp.payload "474554">"504554" rewritten']);
    expect(changes(sent, sent, 41)).toEqual([]);
  });

  it('of as many bytes as an IP header has is named too', () => {
    const sent = syn(undefined, '47'.repeat(20));
    expect(changes(sent, syn())).toEqual([`tcp.payload "${'47'.repeat(20)}">null removed`]);
  });
});

describe('a total length', () => {
  // As many bytes as old stacks take off: that all options were gone once looked like one of those, and the payload that was not there like another.
  it('that is 20 bytes off because options came or went is no habit of the quoting stack', () => {
    expect(changes(syn(), syn('none'))).toEqual([
      'tcp.option.mss 1460>null removed',
      'tcp.option.sackOK true>null removed',
      'tcp.option.ts {"value":1000,"echo":0}>null removed',
      'tcp.option.wscale 7>null removed',
    ]);
    const added = addOption({ kind: 19, name: 'md5', data: '07'.repeat(16) });
    expect(changes(syn(), after(syn(), added))).toEqual([`tcp.option.md5 null>"${'07'.repeat(16)}" added`]);
  });

  it('that is 20 bytes off under a checksum that is right is a change, also where the quote hides of what', () => {
    expect(changes(syn(), syn('none'), 8)).toEqual(['ip.len 60>40 rewritten']);
  });

  it('tells of IP options that were added', () => {
    const sent = syn();
    const seen = new Uint8Array(sent.length + 4);
    seen.set(sent.subarray(0, 20));
    seen.set([0x94, 4, 0, 0], 20);
    seen.set(sent.subarray(20), 24);
    seen[0] = 0x46;
    writeU16(seen, 2, seen.length);
    expect(changes(sent, seen)).toEqual(['ip.len 60>64 rewritten']);
  });
});

describe('stacks that quote in their own way', () => {
  it('host order, header taken off or counted twice: no change', () => {
    for (const length of [40, 80, 0x3c00, 0x2800]) {
      const quote = syn();
      writeU16(quote, 2, length);
      expect(changes(syn(), quote)).toEqual([]);
      expect(changes(syn(), quote, 8)).toEqual([]);
    }
  });
});
