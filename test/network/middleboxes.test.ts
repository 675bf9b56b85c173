import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { icmpErrorAbout, QUOTE_8, QUOTE_28, QUOTE_MPLS } from './icmp-error.ts';
import { afterFirst, chain, drop, first, onward, pass, when, type Context, type Middlebox } from './middlebox.ts';
import { dropReply, dropSyn, loss, rateLimit } from './middleboxes/dropping.ts';
import { clearEcn, forgeAck, rewriteDscp, translateSeq } from './middleboxes/fields.ts';
import { addOption, clampMss, padOption, reorderOptions, stripOption } from './middleboxes/options.ts';
import { synProxy, tarPit } from './middleboxes/proxies.ts';
import { injectRst, rejectIcmp, rejectRst, resetAfterSynAck } from './middleboxes/rejecting.ts';
import { delay, duplicate, reorder } from './middleboxes/timing.ts';
import { anything, syn } from './match.ts';
import { edited, oneHopOlder, sealed, set } from './packet-edit.ts';
import { tcpChecksumOf, ttlOf, type Packet, address } from './packet.ts';
import { createRandom } from './random.ts';
import { internetChecksum } from '../../src/wire/checksum.ts';
import type { DecodedPacket } from '../../src/wire/decoded.ts';
import { decodePacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { TcpFlag } from '../../src/wire/tcp-flags.ts';
import { formatOptions } from '../../src/wire/tcp-options.ts';

const FROM = address('192.0.2.1');
const TO = address('198.51.100.7');
const ENDPOINTS = { source: FROM, destination: TO, sourcePort: 40_000, destinationPort: 80 };
const SYN = encodeTcpPacket({
  ...ENDPOINTS,
  seq: 0xffff_ffff,
  flags: TcpFlag.SYN | TcpFlag.ECE | TcpFlag.CWR,
  tos: 0xb9,
  options: [
    { kind: 2, name: 'mss', value: 1460 },
    { kind: 4, name: 'sackOK' },
    { kind: 8, name: 'ts', value: 7, echo: 0 },
    { kind: 1, name: 'nop' },
    { kind: 3, name: 'wscale', value: 7 },
  ],
});
const SYN_ACK = encodeTcpPacket({
  source: TO,
  destination: FROM,
  sourcePort: 80,
  destinationPort: 40_000,
  seq: 5,
  ack: 0,
  flags: TcpFlag.SYN | TcpFlag.ACK,
  options: [{ kind: 2, name: 'mss', value: 1460 }],
});

function context(now = 0, memory: Map<object, unknown> = new Map()): Context {
  return {
    now,
    random: createRandom(7),
    address: address('10.0.0.2'),
    remember: (key, create) => {
      if (!memory.has(key)) memory.set(key, create());
      return memory.get(key) as ReturnType<typeof create>;
    },
    later: () => {},
  };
}

function read(packet: Packet): DecodedPacket {
  const decoded = decodePacket(packet);
  if (!decoded.ok) throw new Error(decoded.defect.message);
  return decoded.value;
}

/** What `box` emits for `packet`, decoded; every packet that leaves has correct checksums. */
function through(box: Middlebox, packet: Packet): readonly (DecodedPacket & { way: string; delay: number })[] {
  return box(packet, context()).map((emission) => {
    expect(internetChecksum(emission.packet, 0, 20)).toBe(0);
    const decoded = read(emission.packet);
    if (decoded.tcp !== null) expect(tcpChecksumOf(emission.packet)).toBe(0);
    if (decoded.icmp !== null) expect(internetChecksum(emission.packet, 20, emission.packet.length - 20)).toBe(0);
    return { ...decoded, way: emission.way, delay: emission.delay };
  });
}

function optionsAfter(box: Middlebox): string {
  const [only] = through(box, SYN);
  return formatOptions(only?.tcp?.header.options ?? []);
}

describe('option boxes', () => {
  test.each([
    ['strip', stripOption(8), 'mss=1460,sackOK,nop,wscale=7,eol,eol'],
    ['pad', padOption(4), 'mss=1460,nop,nop,ts=7,nop,wscale=7'],
    ['reorder', reorderOptions(3, 2), 'wscale=7,mss=1460,sackOK,ts=7,nop'],
    ['add', addOption({ kind: 1, name: 'nop' }), 'nop,mss=1460,sackOK,ts=7,nop,wscale=7,eol,eol,eol'],
    ['clamp down', clampMss(1300, 'down'), 'mss=1300,sackOK,ts=7,nop,wscale=7'],
    ['clamp never raises', clampMss(1500, 'down'), 'mss=1460,sackOK,ts=7,nop,wscale=7'],
    ['set raises', clampMss(1500, 'set'), 'mss=1500,sackOK,ts=7,nop,wscale=7'],
  ] as const)('%s', (_, box, wanted) => {
    expect(optionsAfter(box)).toBe(wanted);
  });

  test('a list that would not fit is left unchanged', () => {
    expect(optionsAfter(addOption({ kind: 200, name: 'kind-200', data: '00'.repeat(30) }))).toBe(
      'mss=1460,sackOK,ts=7,nop,wscale=7',
    );
  });
});

describe('field boxes', () => {
  test('DSCP re-marked, ECN field kept', () => {
    expect(through(rewriteDscp(8), SYN)[0]?.ip).toMatchObject({ dscp: 8, ecn: 1 });
  });

  test('ECN cleared in IP and TCP', () => {
    const [cleared] = through(clearEcn(), SYN);
    expect(cleared?.ip).toMatchObject({ dscp: 46, ecn: 0 });
    expect(cleared?.tcp?.header.flags).toBe(TcpFlag.SYN);
  });

  test('translated sequence numbers wrap, and are restored', () => {
    const { forward, reverse } = translateSeq(10);
    expect(through(forward, SYN)[0]?.tcp?.header.seq).toBe(9);
    expect(through(reverse, SYN_ACK)[0]?.tcp?.header.ack).toBe(0xffff_fff6);
  });

  test('a forged acknowledgement', () => {
    expect(through(forgeAck(-1), SYN_ACK)[0]?.tcp?.header.ack).toBe(0xffff_ffff);
    expect(through(forgeAck(-1), SYN)[0]?.tcp?.header.ack).toBe(0);
  });

  test('a checksum that was wrong stays wrong', () => {
    const wrong = sealed(SYN.slice(), true);
    expect(tcpChecksumOf(edited(wrong, (bytes) => set.ttl(bytes, 9)))).not.toBe(0);
    expect(tcpChecksumOf(edited(SYN, (bytes) => set.seq(bytes, 9)))).toBe(0);
  });

  test('one hop older: TTL and a correct IP checksum for every packet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 255 }), fc.nat(0xffff), (ttl, id) => {
        const packet = encodeTcpPacket({ ...ENDPOINTS, seq: 1, flags: TcpFlag.SYN, ttl, id });
        const older = oneHopOlder(packet);
        expect(ttlOf(older)).toBe(ttl - 1);
        expect(internetChecksum(older, 0, 20)).toBe(0);
      }),
    );
  });
});

describe('boxes that drop, answer and wait', () => {
  test('SYNs and replies are distinguished', () => {
    expect(through(dropSyn(), SYN)).toEqual([]);
    expect(through(dropSyn(), SYN_ACK)).toHaveLength(1);
    expect(through(dropReply(), SYN_ACK)).toEqual([]);
    expect(through(dropReply(), SYN)).toHaveLength(1);
  });

  test('a reset from the target’s address, with acceptable numbers', () => {
    const [reset] = through(rejectRst({ ttl: 99, window: 3, id: 4 }), SYN);
    expect(reset).toMatchObject({ way: 'back', ip: { ttl: 99, id: 4, source: TO, destination: FROM } });
    expect(reset?.tcp?.header).toMatchObject({ sourcePort: 80, ack: 0, window: 3, flags: TcpFlag.RST | TcpFlag.ACK });
  });

  test('injected: the SYN is also forwarded', () => {
    expect(through(injectRst(), SYN).map((one) => one.way)).toEqual(['onward', 'back']);
    expect(through(resetAfterSynAck({ afterMs: 2 }), SYN_ACK).map((one) => [one.way, one.delay])).toEqual([
      ['onward', 0],
      ['onward', 2_000_000],
    ]);
  });

  test.each([
    ['8 bytes', QUOTE_8, 28, null],
    ['28 bytes', QUOTE_28, 48, null],
    ['in full, padded, with a label', QUOTE_MPLS, 60, 1234],
  ] as const)('an ICMP error quotes %s', (_, quoting, length, label) => {
    const [error] = through(rejectIcmp(3, 13, { quoting }), SYN);
    const mpls = label === null ? [] : [{ mpls: [{ label }] }];
    expect(error).toMatchObject({
      way: 'back',
      ip: { source: address('10.0.0.2'), destination: FROM },
      icmp: { type: 3, code: 13, quote: { sourcePort: 40_000, destinationPort: 80, seq: 0xffff_ffff }, extensions: mpls },
    });
    expect(error?.icmp?.quote?.bytes).toHaveLength(length);
  });

  test('on a wire the error comes from the target’s address', () => {
    const [error] = rejectIcmp(3, 1)(SYN, { ...context(), address: null });
    expect(read(error?.packet as Packet).ip.source).toBe(TO);
    expect(read(icmpErrorAbout(SYN, TO, { type: 3, code: 4, rest: 1400 })).icmp?.rest).toBe(1400);
  });

  test('proxies answer SYNs at once and drop the rest', () => {
    const [answer] = through(synProxy(), SYN);
    expect(answer?.tcp?.header).toMatchObject({ ack: 0, window: 0, flags: TcpFlag.SYN | TcpFlag.ACK });
    expect(through(tarPit(), SYN)[0]?.tcp?.header.options).toEqual([]);
    expect(through(tarPit(), SYN_ACK)).toEqual([]);
  });

  test('loss, duplication and delay follow their probabilities', () => {
    const world = context();
    const passed = Array.from({ length: 2000 }, () => loss(0.25)(SYN, world).length).filter((length) => length === 1).length;
    expect(passed).toBeGreaterThan(1400);
    expect(passed).toBeLessThan(1600);
    expect(duplicate(1)(SYN, world)).toHaveLength(2);
    expect(duplicate(0)(SYN, world)).toHaveLength(1);
    expect(reorder(0, 50)(SYN, world)[0]?.delay).toBe(0);
    const [late] = delay(10, 5)(SYN, world);
    expect(late?.delay).toBeGreaterThanOrEqual(10_000_000);
    expect(late?.delay).toBeLessThan(15_000_000);
  });

  test('a token bucket fills with time', () => {
    const box = rateLimit(10, 2);
    const memory = new Map<object, unknown>();
    const passes = (ms: number): number => box(SYN, context(ms * 1e6, memory)).length;
    expect([passes(0), passes(0), passes(0), passes(99), passes(100), passes(5000), passes(5000), passes(5000)]).toEqual([
      1, 1, 0, 0, 1, 1, 1, 0,
    ]);
  });
});

describe('composition', () => {
  test('a chain stops where a packet is dropped or answered', () => {
    expect(chain()(SYN, context())).toEqual([onward(SYN)]);
    expect(chain(pass, drop, rejectRst())(SYN, context())).toEqual([]);
    expect(chain(pass, rejectRst(), drop)(SYN, context()).map((one) => one.way)).toEqual(['back']);
  });

  test('delays add up, and the later box sees the later time', () => {
    const seen: number[] = [];
    const watch: Middlebox = (packet, { now }) => {
      seen.push(now);
      return [onward(packet, 5)];
    };
    const [out] = chain(delay(1), watch, delay(2))(SYN, context(100));
    expect(seen).toEqual([1_000_100]);
    expect(out?.delay).toBe(3_000_005);
  });

  test('the first packets, later ones, and each run from the start', () => {
    const box = chain(first(1, syn, drop), afterFirst(1, anything, drop));
    const run = (): readonly number[] => {
      const memory = new Map<object, unknown>();
      return [0, 1, 2].map(() => box(SYN, context(0, memory)).length);
    };
    expect(run()).toEqual([0, 1, 0]);
    expect(run()).toEqual([0, 1, 0]);
    expect(when(syn, drop)(SYN_ACK, context())).toHaveLength(1);
  });
});
