import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeIcmpPacket, encodeTcpPacket } from '../../src/wire/packet.ts';
import { icmpErrorsAbout, tcpPacketFields, wellFormedOptions } from '../wire/arbitraries.ts';
import { compareFrames, compareWithTshark } from './agreement.ts';
import { readCapture } from './capture-file.ts';
import { type TsharkRow, convertToPcapng, readWithTshark, tsharkIsInstalled } from './tshark.ts';

const TSHARK = await tsharkIsInstalled();
if (!TSHARK) console.warn('skipped: our packets as tshark reads them; tshark is not installed');

const SEED = 20_240_229;
const COUNT = 300;
const RAW_LINK = 101;

/** A pcap file of raw IP packets. */
function pcapOf(packets: readonly Uint8Array[]): Uint8Array {
  const header = Uint8Array.from(new Uint8Array(Uint32Array.of(0xa1b2c3d4, 0x0004_0002, 0, 0, 0x4_0000, RAW_LINK).buffer));
  const records = packets.flatMap((packet, index) => [
    new Uint8Array(Uint32Array.of(index, 0, packet.length, packet.length).buffer),
    packet,
  ]);
  return Buffer.concat([header, ...records]);
}

/** Ports without a dissector and no payload: what tshark would make of a payload is not the question. */
const tcpPackets = fc
  .record({ fields: tcpPacketFields, options: wellFormedOptions, port: fc.integer({ min: 51_000, max: 51_999 }) })
  .map(({ fields, options, port }) =>
    encodeTcpPacket({ ...fields, ipOptions: new Uint8Array(0), options, payload: new Uint8Array(0), destinationPort: port }),
  );

/** Quotes that identify a probe (of shorter ones tshark shows what it can of a broken header), and whole ones where padding follows. */
const icmpPackets = icmpErrorsAbout(tcpPackets)
  .filter(({ quoted, quote, extensions }) => quote.length >= (extensions === undefined ? 28 : quoted.length))
  .map((fields) => encodeIcmpPacket({ ...fields, ipOptions: new Uint8Array(0) }));

describe.skipIf(!TSHARK)('packets that we encode', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synscope-vectors-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function written(name: string, packets: readonly Uint8Array[]): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, pcapOf(packets));
    return path;
  }

  it.each([
    ['TCP', tcpPackets, (row: TsharkRow) => [row['ip.checksum.status'], row['tcp.checksum.status']]],
    ['ICMP errors', icmpPackets, (row: TsharkRow) => [row['ip.checksum.status'].split(',')[0], row['icmp.checksum.status']]],
  ] as const)('%s: read by tshark as by us, with right checksums', async (name, packets, statuses) => {
    const path = await written(`${name}.pcap`, fc.sample(packets, { numRuns: COUNT, seed: SEED }));
    const { compared, disagreements } = await compareWithTshark(path);
    expect(disagreements).toEqual([]);
    expect(compared).toBe(COUNT);
    const rows = [...(await readWithTshark(path)).values()];
    expect(rows.filter((row) => statuses(row).some((status) => status !== '1'))).toEqual([]);
  });

  it('are the same frames in a pcapng file', async () => {
    const path = await written('small.pcap', fc.sample(tcpPackets, { numRuns: 5, seed: SEED }));
    await convertToPcapng(path, `${path}ng`);
    const frames = await readCapture(`${path}ng`);
    expect(frames).toHaveLength(5);
    expect(frames).toEqual(await readCapture(path));
  });

  it('differ from what tshark reads when one bit is flipped behind its back', async () => {
    const path = await written('flipped.pcap', fc.sample(tcpPackets, { numRuns: 1, seed: SEED }));
    const frames = await readCapture(path);
    const flipped = frames.map((frame) => ({ ...frame, bytes: frame.bytes.map((byte, at) => (at === 27 ? byte ^ 1 : byte)) }));
    const { disagreements } = compareFrames(flipped, await readWithTshark(path));
    expect(disagreements).toEqual([expect.stringMatching(/^frame 1: tcp.seq: /)]);
  });
});
