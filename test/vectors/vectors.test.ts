import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PacketView } from '../../src/wire/packet-view.ts';
import { decodePacket } from '../../src/wire/packet.ts';
import { compareWithTshark } from './agreement.ts';
import { ipPacketOf, readCapture } from './capture-file.ts';
import { tsharkIsInstalled } from './tshark.ts';

const FOLDER = process.env['SYNSCOPE_VECTORS'] ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const CAPTURES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name)) : [];
const TSHARK = await tsharkIsInstalled();

if (CAPTURES.length === 0) console.warn(`skipped: no captures in ${FOLDER} (SYNSCOPE_VECTORS names another folder)`);
if (!TSHARK) console.warn('skipped: agreement with tshark, which is not installed');

describe.skipIf(CAPTURES.length === 0)('captures that others made', () => {
  it.skipIf(!TSHARK).each(CAPTURES)('%s reads as tshark reads it', async (name) => {
    const { compared, disagreements } = await compareWithTshark(`${FOLDER}/${name}`);
    expect(disagreements).toEqual([]);
    expect(compared).toBeGreaterThan(0);
  });

  it.each(CAPTURES)('%s is read to its end, cut anywhere in its headers', async (name) => {
    const view = new PacketView();
    for (const frame of await readCapture(`${FOLDER}/${name}`)) {
      const packet = ipPacketOf(frame) ?? frame.bytes;
      for (let length = 0; length <= Math.min(packet.length, 256); length += 1) {
        const cut = packet.slice(0, length);
        const decoded = decodePacket(cut);
        const readable = decoded.ok && (decoded.value.tcp !== null || typeof decoded.value.icmp?.quote?.seq === 'number');
        expect(view.load(cut, 0, length)).toBe(readable);
      }
    }
  });
});
