import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Carriers, ProofBook, proofOption, proofWords, slotAt } from '../../../src/probe/responder/proof.ts';
import { macOfToken } from '../../network/simulated-machine.ts';

const mac = macOfToken('correct horse');
const NOW = 1_800_000_060_000;
const words = proofWords(mac, slotAt(NOW));
const book = new ProofBook(mac);

function syn(fields: Partial<Carriers>): Carriers {
  return { seq: 1, options: [], payload: new Uint8Array(0), ...fields };
}

const ts = (value: number): Carriers['options'] => [{ kind: 8, name: 'ts', value, echo: 0 }];

describe('a proof', () => {
  it.each([
    ['isn', syn({ seq: words.isn })],
    ['ts', syn({ options: ts(words.tsval) })],
    ['option', syn({ options: [proofOption(words)] })],
    ['data', syn({ payload: Uint8Array.from([...words.data, 1, 2, 3]) })],
  ])('is enough in %s alone', (carrier, fields) => {
    expect(book.proofOf(fields, NOW)).toEqual({ carriers: [carrier], slotsOff: 0 });
  });

  it('names every field in which it arrived', () => {
    const all = { seq: words.isn, options: [...ts(words.tsval), proofOption(words)], payload: words.data };
    expect(book.proofOf(all, NOW)?.carriers).toEqual(['isn', 'ts', 'option', 'data']);
  });

  it('is another one in another field: no word stands for two', () => {
    expect(book.proofOf(syn({ seq: words.tsval }), NOW)).toBeNull();
    expect(book.proofOf(syn({ options: ts(words.isn) }), NOW)).toBeNull();
    expect(book.proofOf(syn({ payload: words.option }), NOW)).toBeNull();
    expect(
      book.proofOf(syn({ options: [{ kind: 254, name: 'exp', data: `5359${Buffer.from(words.data).toString('hex')}` }] }), NOW),
    ).toBeNull();
  });

  it.each([
    [-90_000, 0],
    [0, 0],
    [90_000, 0],
    [-240_000, 2],
    [600_000, -5],
  ])('made %i ms from now is %i slots off', (away, slotsOff) => {
    const proof = new ProofBook(mac).proofOf(syn({ seq: words.isn }), NOW + away);
    expect(proof).toMatchObject({ slotsOff });
  });

  it('is forgotten two hours later: captured SYNs become strangers’', () => {
    const own = new ProofBook(mac);
    expect(own.proofOf(syn({ seq: words.isn }), NOW)?.slotsOff).toBe(0);
    expect(own.proofOf(syn({ seq: words.isn }), NOW + 3 * 3_600_000)).toBeNull();
  });

  it('of another token is none', () => {
    const other = proofWords(macOfToken('battery staple'), slotAt(NOW));
    expect(
      book.proofOf({ seq: other.isn, options: [...ts(other.tsval), proofOption(other)], payload: other.data }, NOW),
    ).toBeNull();
  });

  it('is not in what anybody else sends', () => {
    const stranger = fc.record({
      seq: fc.nat(0xffff_ffff),
      options: fc.oneof(fc.constant([]), fc.nat(0xffff_ffff).map(ts)),
      payload: fc.uint8Array({ maxLength: 40 }),
    });
    // The words themselves are the exception; that a random one hits them happens once in 2^29.
    fc.assert(fc.property(stranger, (fields) => book.proofOf(fields, NOW) === null));
  });
});
