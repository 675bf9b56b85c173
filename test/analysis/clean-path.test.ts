import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FINDING_TABLE, findFindings } from '../../src/analysis/find-findings.ts';
import { HostLedger } from '../../src/analysis/host-ledger.ts';
import { PROFILES, optionsFor, type ProfileName } from '../../src/probe/craft/profiles.ts';
import { ETHERNET } from '../../src/probe/craft/syn-spec.ts';
import type { DecodedPacket } from '../../src/wire/decoded.ts';
import { decodePacket } from '../../src/wire/packet.ts';
import { address, anyBytes, u16, u32, u8, wellFormedOptions } from '../wire/arbitraries.ts';
import { encodeTcpPacket } from '../../src/wire/packet.ts';
import { TSVAL, evidence, found, hostOf, reply, rst, type Shape, syn } from './packets.ts';

/** What a system answers to the default SYN, and to a closed port, over three routers. */
interface System {
  readonly name: string;
  readonly synAcks: readonly Shape[];
  readonly resets: readonly Shape[];
}

const LINUX = `mss=1460,sackOK,ts=9:${TSVAL},nop,wscale=7`;

const SYSTEMS: readonly System[] = [
  {
    name: 'Linux',
    synAcks: [
      { options: LINUX, window: 65_160, ttl: 61 },
      { options: LINUX, window: 65_160, ttl: 61, port: 443 },
    ],
    resets: [{ ttl: 61 }],
  },
  {
    name: 'Linux 3.10',
    synAcks: [{ options: LINUX, window: 14_480, ttl: 61 }],
    resets: [{ ttl: 61 }],
  },
  {
    name: 'Linux 4.4',
    synAcks: [{ options: LINUX, window: 28_960, ttl: 61 }],
    resets: [{ ttl: 61 }],
  },
  {
    name: 'Windows with timestamps',
    synAcks: [
      { options: `mss=1460,nop,wscale=8,sackOK,ts=9:${TSVAL}`, window: 65_535, ttl: 125, id: 4711 },
      { options: `mss=1460,nop,wscale=8,sackOK,ts=9:${TSVAL}`, window: 8192, ttl: 125, id: 4712, port: 445 },
    ],
    resets: [{ ttl: 125, id: 4713 }],
  },
  {
    name: 'FreeBSD with random IDs',
    synAcks: [
      { options: `mss=1460,nop,wscale=6,sackOK,ts=9:${TSVAL}`, window: 65_535, ttl: 61, id: 0x9a31 },
      { options: `mss=1460,nop,wscale=6,sackOK,ts=9:${TSVAL}`, window: 65_535, ttl: 61, id: 0x1205, port: 22 },
    ],
    resets: [{ ttl: 61, id: 0x77aa }],
  },
  {
    name: 'FreeBSD with IDs of 0 on atomic packets',
    synAcks: [{ options: `mss=1460,nop,wscale=6,sackOK,ts=9:${TSVAL}`, window: 65_535, ttl: 61 }],
    resets: [{ ttl: 61 }, { ttl: 61, id: 0x77aa, df: false }],
  },
  {
    name: 'macOS',
    synAcks: [{ options: `mss=1460,nop,wscale=6,nop,nop,ts=9:${TSVAL},sackOK,eol,eol`, window: 65_535, ttl: 61 }],
    resets: [
      { ttl: 61, id: 0, df: true },
      { ttl: 61, id: 4000, df: false },
    ],
  },
  {
    name: 'OpenBSD',
    synAcks: [{ options: `mss=1460,nop,nop,sackOK,nop,wscale=6,nop,nop,ts=9:${TSVAL}`, window: 16_384, ttl: 252, id: 31_000 }],
    resets: [{ ttl: 252, id: 9999 }],
  },
  {
    name: 'a router that resets with another initial TTL',
    synAcks: [{ options: LINUX, window: 4128, ttl: 61 }],
    resets: [{ ttl: 252 }],
  },
];

describe.each(SYSTEMS)('nothing is found on a clean path: $name', ({ synAcks, resets }) => {
  it('open ports', () => {
    for (const shape of synAcks) expect(found({ reply: reply(shape), host: hostOf(...synAcks) })).toEqual([]);
    for (const shape of synAcks) expect(found({ reply: reply(shape) })).toEqual([]);
  });

  it('closed ports', () => {
    for (const shape of resets) expect(found({ reply: rst({ ...shape, port: 9 }), host: hostOf(...synAcks) })).toEqual([]);
    for (const shape of resets) expect(found({ reply: rst(shape) })).toEqual([]);
  });
});

it('a host that answers only what it was asked earns no finding for any profile of SYN', () => {
  const answers: Readonly<Record<ProfileName, string>> = {
    linux: `mss=1460,sackOK,ts=9:${TSVAL},nop,wscale=7`,
    windows: 'mss=1460,nop,nop,sackOK,nop,wscale=7',
    macos: `mss=1460,sackOK,ts=9:${TSVAL},nop,wscale=7`,
    freebsd: `mss=1460,sackOK,ts=9:${TSVAL},nop,wscale=7`,
    bare: 'mss=1460',
  };
  for (const profile of Object.keys(PROFILES) as ProfileName[]) {
    const sent = syn({ options: optionsFor(profile, ETHERNET).replace(/\bts\b/, `ts=${TSVAL}`) });
    const window = answers[profile].includes('ts=') ? 65_160 : 64_240;
    expect(found({ sent, reply: reply({ options: answers[profile], window }) })).toEqual([]);
  }
});

it('silence and ICMP give nothing', () => {
  expect(found({ reply: null })).toEqual([]);
  expect(found({ reply: null, sent: null })).toEqual([]);
});

it('every code has a sentence that documents it', () => {
  for (const { description } of Object.values(FINDING_TABLE)) expect(description).toMatch(/^[a-z].{20,}[^.]$/);
});

describe('laws', () => {
  const tcpPacket = fc
    .record({
      source: address,
      destination: address,
      ttl: u8,
      id: u16,
      df: fc.boolean(),
      sourcePort: u16,
      destinationPort: fc.oneof(u16, fc.constant(40_000)),
      seq: u32,
      ack: u32,
      flags: fc.oneof(fc.integer({ min: 0, max: 0x1ff }), fc.constantFrom(0x12, 0x14, 0x04, 0x10)),
      window: u16,
      options: wellFormedOptions,
      payload: fc.uint8Array({ maxLength: 5 }),
    })
    .map(encodeTcpPacket);
  /** Random bytes, real packets, and real packets with damaged options. */
  const packetBytes = fc.oneof(
    anyBytes(80),
    tcpPacket,
    fc.tuple(tcpPacket, fc.array(fc.tuple(fc.integer({ min: 20, max: 59 }), u8), { maxLength: 6 })).map(([bytes, edits]) => {
      const damaged = bytes.slice();
      for (const [at, value] of edits) if (at < damaged.length) damaged[at] = value;
      return damaged;
    }),
  );
  const packet: fc.Arbitrary<DecodedPacket | null> = packetBytes.map((bytes) => {
    const decoded = decodePacket(bytes);
    return decoded.ok ? decoded.value : null;
  });

  it('findFindings never throws, and says everything in words and within the contract', () => {
    const findingsSeen = new Set<string>();
    fc.assert(
      fc.property(
        fc.record({ sent: packet, reply: packet, conflict: packet, rejected: packet }),
        fc.array(fc.tuple(packet, fc.option(fc.double({ min: 0, max: 500, noNaN: true }))), { maxLength: 5 }),
        fc.option(fc.double({ min: 0, max: 500, noNaN: true })),
        (packets, learned, rttMs) => {
          const ledger = new HostLedger();
          for (const [seen, rtt] of learned) if (seen !== null) ledger.learn(0, seen, rtt);
          const findings = findFindings(evidence({ ...packets, rejectedCount: 1, rttMs, host: ledger.facts(0) }));
          for (const finding of findings) {
            findingsSeen.add(finding.code);
            expect(finding.detail).toMatch(/^[A-Za-z0-9-].*\.$/);
            expect(finding.detail).not.toMatch(/undefined|NaN|null|\[object/);
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(findingsSeen).toContain('unexpected-ack');
  });
});
