import fc from 'fast-check';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attachFilter } from '../../../src/engine/linux/filter-program.ts';
import { systemCalls, type SystemCalls } from '../../../src/engine/linux/system-calls.ts';
import { ipv4Filter, ringFilter } from '../../../src/engine/packet-ring/ring-filter.ts';
import { PacketView } from '../../../src/wire/packet-view.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { instructionsOf, runFilter } from './classic-bpf.ts';
import { isForUs, packetsFor, portLists } from './filter-packets.ts';

const IPV4 = 0x0800;
const WHOLE = 0x40000;
const MOST_INSTRUCTIONS = 4096;

/** 256 ranges, as far apart as the port numbers allow. */
const MANY_RUNS = Array.from({ length: 256 }, (_, index) => 255 * (index + 1)).flatMap((first) => [first, first + 1]);

const cases = portLists.chain((ports) =>
  fc.tuple(fc.constant(ports), fc.array(packetsFor(ports), { minLength: 8, maxLength: 8 })),
);

describe('ring filter', () => {
  test('lets through what it is meant to', () => {
    let passed = 0;
    fc.assert(
      fc.property(cases, ([ports, packets]) => {
        const program = instructionsOf(ringFilter(ports));
        for (const packet of packets) {
          const wanted = isForUs(packet, ports) ? WHOLE : 0;
          passed += Math.sign(wanted);
          expect(runFilter(program, packet, IPV4).verdict).toBe(wanted);
        }
      }),
      { numRuns: 300 },
    );
    expect(passed).toBeGreaterThan(100);
  });

  test('keeps nothing from the session that it could take for an answer or for a SYN of its own', () => {
    const view = new PacketView();
    let taken = 0;
    fc.assert(
      fc.property(cases, ([ports, packets]) => {
        const program = instructionsOf(ringFilter(ports));
        for (const packet of packets) {
          if (!view.load(packet, 0, packet.length)) continue;
          const isOwnSyn = ports.includes(view.sourcePort) && (view.flags & TcpFlag.RST) === 0;
          if (view.isTcp && !ports.includes(view.destinationPort) && !isOwnSyn) continue;
          taken++;
          expect(runFilter(program, packet, IPV4).verdict).toBe(WHOLE);
        }
      }),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test('lets nothing but IPv4 through', () => {
    const program = instructionsOf(ringFilter([61_000]));
    const syn = Uint8Array.from([
      0x45,
      ...Array.from({ length: 8 }, () => 0),
      6,
      ...Array.from({ length: 12 }, () => 0),
      0xee,
      0x48,
    ]);
    expect(runFilter(program, syn, IPV4).verdict).toBe(WHOLE);
    for (const ethertype of [0, 0x0806, 0x86dd, 0x8100]) expect(runFilter(program, syn, ethertype).verdict).toBe(0);
  });

  test('takes every port on its own side of every border', () => {
    for (const ports of [[1], [65_535], [1, 2, 3, 65_534, 65_535], MANY_RUNS]) {
      const program = instructionsOf(ipv4Filter(ports));
      const ours = new Set(ports);
      for (const port of new Set(ports.flatMap((each) => [each - 1, each, Math.min(65_535, each + 1)]))) {
        const packet = new Uint8Array(40);
        packet.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6]);
        packet.set([port >>> 8, port & 0xff], 22);
        expect([port, runFilter(program, packet).verdict]).toEqual([port, ours.has(port) ? WHOLE : 0]);
      }
    }
  });

  test('takes nothing of TCP without ports', () => {
    fc.assert(
      fc.property(packetsFor([1000]), (packet) => {
        const isTcp = packet[9] === 6;
        expect(isTcp && runFilter(instructionsOf(ipv4Filter([])), packet).verdict !== 0).toBe(false);
      }),
    );
  });

  test('is short, and takes a foreign packet few steps', () => {
    const foreign = new Uint8Array(40);
    foreign.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6]);
    const size = (ports: readonly number[]): readonly number[] => {
      const program = instructionsOf(ringFilter(ports));
      return [program.length, runFilter(program, foreign, IPV4).steps];
    };
    const [short, steps] = size(Array.from({ length: 64 }, (_, index) => 61_000 + index)) as [number, number];
    expect(short).toBeLessThanOrEqual(36);
    expect(steps).toBeLessThanOrEqual(14);
    const [long, more] = size(MANY_RUNS) as [number, number];
    expect(long).toBeLessThanOrEqual(1100);
    expect(long).toBeLessThan(MOST_INSTRUCTIONS);
    expect(more).toBeLessThanOrEqual(40);
  });
});

const AF_UNIX = 1;
const SOCK_DGRAM = 2;

describe('the kernel', () => {
  const calls = systemCalls() as SystemCalls;
  const pair = new Int32Array(2);
  const [sender, receiver] = [0, 1] as const;
  beforeAll(() => {
    const socketpair = koffi.load(null).func('int socketpair(int, int, int, void *)');
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) !== 0) throw new Error('no pair of sockets');
  });
  afterAll(() => pair.forEach((descriptor) => calls.close(descriptor)));

  /** Sends a packet through the filtered socket; true when it comes out whole. */
  function passes(packet: Uint8Array): boolean {
    const received = new Uint8Array(256);
    expect(calls.send(pair[sender] as number, packet, packet.length)).toBe(packet.length);
    const length = calls.receive(pair[receiver] as number, received);
    if (length < 0) return false;
    expect(received.subarray(0, length)).toEqual(packet);
    return true;
  }

  test('takes the programs and decides as intended', () => {
    let passed = 0;
    fc.assert(
      fc.property(cases, ([ports, packets]) => {
        expect(attachFilter(calls, pair[receiver] as number, ipv4Filter(ports))).toBe(0);
        for (const packet of packets) {
          const wanted = isForUs(packet, ports);
          passed += Number(wanted);
          expect(passes(packet)).toBe(wanted);
        }
      }),
      { numRuns: 200 },
    );
    expect(passed).toBeGreaterThan(100);
  });

  test('takes the longest program', () => {
    expect(attachFilter(calls, pair[receiver] as number, ringFilter(MANY_RUNS))).toBe(0);
  });

  test('finds no ethertype on a Unix socket, so the whole filter lets nothing through', () => {
    expect(attachFilter(calls, pair[receiver] as number, ringFilter([61_000]))).toBe(0);
    fc.assert(
      fc.property(packetsFor([61_000]), (packet) => {
        expect(passes(packet)).toBe(false);
      }),
    );
  });

  test('refuses a program that is none', () => {
    expect(attachFilter(calls, pair[receiver] as number, new Uint8Array(8).fill(0xff))).toBe(-22);
  });
});
