import { describe, expect, it } from 'vitest';

import { BLOCK_SIZE, BlockStore } from '../../../src/probe/scan/block-store.ts';
import type { Address } from '../../../src/wire/address.ts';
import { PacketView } from '../../../src/wire/packet-view.ts';
import { encodeTcpPacket } from '../../../src/wire/packet.ts';

describe('BlockStore', () => {
  it('keeps copies apart from each other and from their source, over many chunks', () => {
    const store = new BlockStore();
    const source = new Uint8Array(64);
    const handles = Array.from({ length: 5000 }, (_, index) => {
      source.fill(index & 0xff);
      source[0] = index >>> 8;
      return store.put(source, 0, 1 + (index % 64));
    });
    source.fill(0xee);
    for (const [index, handle] of handles.entries()) {
      const view = store.view(handle);
      expect(view.length).toBe(1 + (index % 64));
      expect(view[0]).toBe(index >>> 8);
      expect(view.at(-1)).toBe(view.length === 1 ? index >>> 8 : index & 0xff);
    }
    expect(new Set(handles).size).toBe(handles.length);
    expect(handles).not.toContain(0);
  });

  it('cuts long packets and reuses released blocks', () => {
    const store = new BlockStore();
    const handle = store.put(new Uint8Array(1500), 100, 1400);
    expect(store.view(handle).length).toBe(BLOCK_SIZE);
    store.release(handle);
    store.release(0);
    expect(store.put(new Uint8Array(4), 0, 4)).toBe(handle);
  });

  it('loads what it keeps into a view, in any chunk', () => {
    const store = new BlockStore();
    const address = 0x0a000001 as Address;
    const view = new PacketView();
    const packetTo = (port: number): Uint8Array =>
      encodeTcpPacket({ source: address, destination: address, sourcePort: 7, destinationPort: port, seq: 1, flags: 4 });
    const handles = Array.from({ length: 2500 }, (_, port) => store.put(packetTo(port), 0, 40));
    for (const [port, handle] of handles.entries()) {
      expect(store.load(handle, view)).toBe(true);
      expect(view.destinationPort).toBe(port);
    }
    expect(store.load(store.put(new Uint8Array(4), 0, 4), view)).toBe(false);
  });
});
