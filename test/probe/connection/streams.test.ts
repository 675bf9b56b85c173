import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ReceiveStream } from '../../../src/probe/connection/receive-stream.ts';
import { SendStream } from '../../../src/probe/connection/send-stream.ts';

const CONTENT = Uint8Array.from({ length: 200 }, (_, index) => index);

describe('the stream that is received', () => {
  it('is put together whatever comes twice, early or in other pieces', () => {
    const pieces = fc.array(fc.tuple(fc.nat(199), fc.integer({ min: 1, max: 90 })), { maxLength: 40 });
    fc.assert(
      fc.property(pieces, (received) => {
        const stream = new ReceiveStream(300);
        const seen = new Uint8Array(CONTENT.length);
        for (const [from, length] of received) {
          const bytes = CONTENT.subarray(from, from + length);
          stream.take(1 + from, bytes, bytes.length);
          seen.fill(1, from, from + bytes.length);
        }
        const gap = seen.indexOf(0);
        expect(stream.byteCount).toBe(gap === -1 ? seen.length : gap);
        expect(stream.firstBytes).toEqual(CONTENT.subarray(0, stream.firstBytes.length));
      }),
    );
  });

  it('is whole once every byte and the FIN have come, in any order', () => {
    const stream = new ReceiveStream(10);
    expect(stream.finish(6)).toBe(false);
    expect(stream.take(3, CONTENT.subarray(2, 5), 3)).toBe('ahead');
    expect(stream.take(1, CONTENT.subarray(0, 2), 2)).toBe('in-order');
    expect([stream.isFinished, stream.next, stream.byteCount]).toEqual([true, 7, 5]);
  });

  it('counts what was not captured', () => {
    const stream = new ReceiveStream(10);
    stream.take(1, CONTENT.subarray(0, 4), 1000);
    expect([stream.byteCount, stream.firstBytes.length]).toEqual([1000, 4]);
    stream.take(1001, CONTENT.subarray(0, 4), 4);
    expect([stream.byteCount, stream.firstBytes.length]).toEqual([1004, 4]);
  });
});

describe('the stream that is sent', () => {
  it('says every byte once and the FIN last, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 300 }), (sizes) => {
        const stream = new SendStream(CONTENT.subarray(0, 3));
        stream.write(CONTENT.subarray(3));
        stream.finish();
        const said: number[] = [0, 1, 2];
        let fins = 0;
        for (let turn = 0; fins === 0 && turn < 1000; turn++) {
          const piece = stream.take(sizes[turn % sizes.length] as number, Infinity);
          expect(piece?.position).toBe(1 + said.length);
          said.push(...(piece?.payload ?? []));
          if (piece?.fin === true) fins++;
        }
        expect(said).toEqual([...CONTENT]);
        expect(stream.take(10, Infinity)).toBeNull();
        expect(stream.acknowledge(1 + CONTENT.length + 1)).toBe(true);
        expect(stream.finAcknowledged).toBe(true);
      }),
    );
  });

  it('goes back to what was not acknowledged', () => {
    const stream = new SendStream(new Uint8Array(0));
    stream.write(CONTENT.subarray(0, 10));
    stream.take(4, Infinity);
    stream.take(4, Infinity);
    stream.acknowledge(5);
    stream.rewind();
    expect(stream.take(2, Infinity)).toMatchObject({ position: 5, fin: false });
  });
});
