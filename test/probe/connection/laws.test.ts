import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledgeAtOnce, acknowledgeFirst, acknowledgeNothing } from '../../../src/probe/connection/ack-policy.ts';
import { runExchange } from '../../../src/probe/connection/stage.ts';
import { NANOS_PER_MS } from '../../../src/wire/numbers.ts';
import { Script, synAck, type Says } from './script.ts';

const says: fc.Arbitrary<Says> = fc.record({
  flags: fc.constantFrom('S', 'S.', '.', 'P.', 'F.', 'FP.', 'R', 'R.', 'F', 'SF', 'S.E', ''),
  seq: fc.oneof(fc.integer({ min: -3, max: 12 }), fc.integer()),
  ack: fc.oneof(fc.integer({ min: -3, max: 12 }), fc.integer()),
  window: fc.constantFrom(0, 1, 1000, 65_535),
  payload: fc.constantFrom('', 'a', 'abcdef'),
});

const event = fc.oneof(
  { weight: 5, arbitrary: says.map((segment) => ({ kind: 'hears' as const, segment })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 900 }).map((ms) => ({ kind: 'waits' as const, ms })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(3, 4, 11, 12), fc.integer({ min: 0, max: 15 }))
      .map(([type, code]) => ({ kind: 'icmp' as const, type, code })),
  },
);

function plays(script: Script, events: readonly (typeof event extends fc.Arbitrary<infer E> ? E : never)[]): number {
  let now = 0;
  for (const each of events) {
    if (each.kind === 'hears') script.hears(each.segment);
    else if (each.kind === 'icmp') script.hearsIcmp(each.type, each.code, { rest: 1300 });
    else script.at((now += each.ms));
  }
  return now;
}

describe('whatever a peer says', () => {
  const policies = fc.constantFrom(acknowledgeAtOnce, acknowledgeNothing, acknowledgeFirst(1));

  it('a connection ends, with a reason, and nothing is left open', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 25 }),
        fc.boolean(),
        fc.boolean(),
        policies,
        (events, opened, resets, acknowledge) => {
          const close = resets ? 'rst' : 'fin';
          const exchange = runExchange({ send: Uint8Array.of(1, 2, 3), listen: 50 * NANOS_PER_MS, close });
          const script = new Script(exchange, { acknowledge, retries: 1 });
          script.at(0);
          if (opened) script.hears(synAck());
          const now = plays(script, events);
          // Withheld acknowledgements leave the SYN-ACK waiting: such a connection is ended from outside.
          script.at(now + 120_000).stops();
          const { state, ending, notes } = script.connection;
          expect(state).toBe('CLOSED');
          expect(ending).not.toBeNull();
          const ours = notes.filter(({ kind }) => kind === 'out').at(-1);
          const theirs = ['refused', 'reset-by-peer', 'finished'].includes(ending?.kind ?? '');
          expect(theirs || (ours?.kind === 'out' && ours.sense === 'rst')).toBe(true);
          // Answers are bounded, whatever arrives.
          expect(notes.filter(({ kind }) => kind === 'out').length).toBeLessThan(120);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('nothing but a SYN-ACK with the right numbers establishes a connection', () => {
    fc.assert(
      fc.property(fc.array(says, { maxLength: 30 }), (segments) => {
        const script = new Script(() => Infinity);
        script.at(0);
        for (const segment of segments) script.hears(segment);
        const proven = segments.some(({ flags, ack }) => ['S.', 'S.E'].includes(flags) && ack === 1);
        if (!proven) expect(script.connection.establishedAt).toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});
