import { describe, expect, it } from 'vitest';

import { BLOCK_SIZE, BlockStore } from '../../src/probe/block-store.ts';

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
});
