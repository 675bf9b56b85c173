import { describe, expect, it } from 'vitest';
import type { SystemCalls } from '../../../src/engine/linux/system-calls.ts';
import { hasSystemCalls, systemCalls } from '../../../src/engine/linux/system-calls.ts';
import { openCaptureSocket, wholePages, type RingSize } from '../../../src/engine/packet-ring/capture-socket.ts';
import { rootSuite } from '../linux/root-suite.ts';

const KIB = 1024;
const LARGEST: RingSize = { blockBytes: 32 * KIB, blocks: 512 };

describe('a ring', () => {
  it.each([4, 16, 32])('of pages of %i KiB is as it was asked for', (page) => {
    expect(wholePages(LARGEST, page * KIB)).toEqual(LARGEST);
  });

  it('of pages of 64 KiB has half as many blocks of a page each', () => {
    expect(wholePages(LARGEST, 64 * KIB)).toEqual({ blockBytes: 64 * KIB, blocks: 256 });
  });

  it('has two blocks at least: one that the kernel fills, one that is read', () => {
    expect(wholePages({ blockBytes: 4 * KIB, blocks: 2 }, 64 * KIB)).toEqual({ blockBytes: 64 * KIB, blocks: 2 });
  });
});

rootSuite('the kernel', () => {
  const calls = systemCalls() as SystemCalls;

  function open(size: RingSize, pageBytes: number): ReturnType<typeof openCaptureSocket> {
    return openCaptureSocket({ ...calls, pageBytes: () => pageBytes }, [0], { sizes: [size], commonStamps: true });
  }

  it.skipIf(!hasSystemCalls(calls))('refuses blocks of half a page', () => {
    const size = { blockBytes: calls.pageBytes() / 2, blocks: 2 };
    expect(open(size, size.blockBytes)).toMatchObject({ code: 'not-supported', message: expect.stringContaining('EINVAL') });
  });

  it.skipIf(!hasSystemCalls(calls))('takes blocks of 64 KiB, whatever its pages have', async () => {
    const socket = open({ blockBytes: 32 * KIB, blocks: 8 }, 64 * KIB);
    expect(socket).toMatchObject({ frames: { bytes: { length: 256 * KIB } } });
    if (!('code' in socket)) await socket.close();
  });
});
