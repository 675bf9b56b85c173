import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isInstalled, until } from './child.ts';
import { createLab, device, type Lab } from './lab.ts';
import { range } from './plan.ts';
import { labSuite } from './suite.ts';
import { synscope } from './synscope.ts';
import { direct, TARGET } from './topology.ts';

const tcpdump = await isInstalled('tcpdump');
if (!tcpdump) console.log('tcpdump is not installed: round trips are not compared with a capture');

const NANOSECOND_PCAP = 0xa1b23c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET_HEADER = 14;

/** Nanoseconds between the last SYN to each port and the first reset from it, by tcpdump's stamps. */
function roundTrips(path: string): ReadonlyMap<number, number> {
  const file = readFileSync(path);
  if (file.length < FILE_HEADER || file.readUInt32LE(0) !== NANOSECOND_PCAP) return new Map();
  const sent = new Map<number, bigint>();
  const trips = new Map<number, number>();
  for (let at = FILE_HEADER; at + RECORD_HEADER <= file.length;) {
    const stamp = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4));
    const tcp = file.subarray(at + RECORD_HEADER + ETHERNET_HEADER + 20);
    const isSyn = tcp[13] === 0x02;
    const port = tcp.readUInt16BE(isSyn ? 2 : 0);
    if (isSyn) sent.set(port, stamp);
    else if (!trips.has(port)) trips.set(port, Number(stamp - (sent.get(port) ?? 0n)));
    at += RECORD_HEADER + file.readUInt32LE(at + 8);
  }
  return trips;
}

labSuite('round trips', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(direct());
  });
  afterAll(() => lab?.close());

  it.skipIf(!tcpdump).each([
    ['a ring', 300],
    ['single messages', 60],
  ])(
    'over %s are those of a capture taken beside: 1 us off in the median at most, 5 us at the 99th percentile',
    async (_, count) => {
      const ports = range(1000, count);
      const path = join(lab.directory, `beside-${count}.pcap`);
      const words = [
        '-i',
        device('target'),
        '--time-stamp-precision=nano',
        '--immediate-mode',
        '-s',
        '128',
        '-B',
        '8192',
        '-U',
        '-Z',
        'root',
        '-w',
        path,
      ];
      const capture = lab.start('client', ['tcpdump', ...words, 'tcp']);
      await until('tcpdump to listen', () => capture.stderr().includes('listening on'));
      const result = await synscope(lab, 'client', [TARGET, '-p', `1000-${999 + count}`, '--engine', 'packet-ring']);
      expect(result.run.clock).toBe('kernel');
      await until('the capture to be complete', () => Promise.resolve(roundTrips(path).size >= ports.length));
      const beside = roundTrips(path);
      const errors = ports
        .map((port) => {
          const { rttMs } = result.port(port);
          expect(rttMs?.samples).toBe(1);
          return Math.abs((rttMs?.min as number) * 1e6 - (beside.get(port) as number));
        })
        .toSorted((a, b) => a - b);
      expect(errors[Math.floor(errors.length / 2)]).toBeLessThanOrEqual(1000);
      expect(errors[Math.floor(errors.length * 0.99)]).toBeLessThanOrEqual(5000);
      console.log(
        `RTT error: median ${errors[count / 2]?.toFixed(0)} ns, 99 % ${errors[Math.floor(count * 0.99)]?.toFixed(0)} ns, most ${errors.at(-1)?.toFixed(0)} ns`,
      );
    },
  );
});
