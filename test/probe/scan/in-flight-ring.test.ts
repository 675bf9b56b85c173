import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InFlightRing } from '../../../src/probe/scan/in-flight-ring.ts';

interface Entry {
  nonce: number;
  sentAt: number;
  open: boolean;
  flying: boolean;
  /** The number that it lingers under. */
  link?: number;
}

/** The same by plain arrays, from the first pair to the last. */
class Model {
  readonly all: Entry[] = [];
  landed = 0;

  get oldest(): number {
    return this.all.findIndex(({ open }) => open);
  }

  get inFlight(): number {
    return this.all.filter(({ flying }) => flying).length;
  }

  land(time: number): number {
    let silent = 0;
    for (; this.landed < this.all.length; this.landed++) {
      const entry = this.all[this.landed] as Entry;
      if (entry.open && entry.sentAt > time) break;
      if (entry.open && entry.flying) silent++;
      entry.flying = false;
    }
    return silent;
  }
}

type Step = readonly ['push' | 'many' | 'skip' | 'take' | 'linger' | 'land' | 'stamp', number];

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.tuple(
    fc.constantFrom<Step[0]>('push', 'push', 'many', 'skip', 'take', 'take', 'linger', 'land', 'stamp'),
    fc.nat(1_000_000),
  ),
  { maxLength: 120 },
);

/** So many pairs, of which all but the last eight have left. */
function fill(ring: InFlightRing, model: Model, count: number): void {
  for (let index = 0; index < count; index++) {
    const place = ring.push(index, index);
    const open = index >= count - 8;
    if (!open) ring.take(place);
    model.all.push({ nonce: index, sentAt: index, open, flying: open });
  }
}

function pushMany(ring: InFlightRing, { all }: Model, number: number, now: number): void {
  const nonces = Int32Array.from({ length: 300 }, (_, index) => (number + index) | 0);
  const count = number % 301;
  const from = ring.head;
  ring.pushMany(nonces, count, now - 1);
  ring.stampMany(from, new Float64Array(300).fill(now), 0, count);
  for (const nonce of nonces.subarray(0, count)) all.push({ nonce, sentAt: now, open: true, flying: true });
}

function run(ring: InFlightRing, model: Model, [kind, number]: Step, now: number): void {
  const { all } = model;
  const some = all.length === 0 ? -1 : number % all.length;
  const place = some < 0 ? -1 : ring.placeOf(some);
  expect(place >= 0).toBe(all[some]?.open ?? false);
  runOnLingering(ring, [kind, all[some], some]);
  if (kind === 'push') {
    const nonce = (number * 2654435761) | 0;
    ring.push(nonce, now);
    all.push({ nonce, sentAt: now, open: true, flying: true });
  } else if (kind === 'many') {
    pushMany(ring, model, number, now);
  } else if (kind === 'skip') {
    ring.skip(now);
    all.push({ nonce: 0, sentAt: now, open: false, flying: false });
  } else if (kind === 'land') {
    expect(ring.expire(now - (number % 50))).toBe(model.land(now - (number % 50)));
  } else if (place >= 0) stampOrTake(ring, place, [kind, all[some] as Entry, some, now]);
}

function runOnLingering(ring: InFlightRing, [kind, entry, position]: readonly [Step[0], Entry | undefined, number]): void {
  const place = position < 0 ? -1 : ring.keptPlaceOf(position);
  expect(place >= 0).toBe(entry !== undefined && (entry.open || entry.link !== undefined));
  if (entry?.link === undefined) return;
  expect([ring.graceNumber(place), ring.nonce(place), ring.positionOf(place)]).toEqual([entry.link, entry.nonce, position]);
  if (kind !== 'take') return;
  expect(ring.take(place)).toBe(false);
  delete entry.link;
}

function stampOrTake(
  ring: InFlightRing,
  place: number,
  [kind, entry, position, now]: readonly [Step[0], Entry, number, number],
): void {
  expect([ring.positionOf(place), ring.nonce(place), ring.sentAt(place)]).toEqual([position, entry.nonce, entry.sentAt]);
  if (kind === 'stamp') {
    ring.stampMany(position, Float64Array.of(0, now), 1, 2);
    entry.sentAt = now;
    return;
  }
  if (kind === 'linger') {
    ring.beginGrace(place, now);
    entry.link = now;
  } else expect(ring.take(place)).toBe(entry.flying);
  entry.open = false;
  entry.flying = false;
}

describe('InFlightRing', () => {
  test('law: does what plain arrays do, before and after it grows', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 1000, 1020, 5000), fc.constantFrom(0, 3000), (list, already, expected) => {
        const [ring, model] = [new InFlightRing(expected), new Model()];
        fill(ring, model, already);
        list.forEach((step, index) => run(ring, model, step, already + index));
        const oldest = ring.oldest();
        expect(oldest < 0 ? -1 : ring.positionOf(oldest)).toBe(model.oldest);
        expect(ring.inFlight).toBe(model.inFlight);
        expect(ring.head).toBe(model.all.length);
        expect(ring.oldestInFlight === Infinity).toBe(model.inFlight === 0);
      }),
      { numRuns: 200 },
    );
  });

  test('stamps what the capture shows in the order of sending without a search, and catches up after one that it missed', () => {
    const ring = new InFlightRing();
    const places = [11, 22, 33, 44].map((nonce) => ring.push(nonce, 1));
    expect(ring.stampNext(11, 5)).toBe(true);
    expect(ring.stampNext(33, 6)).toBe(false);
    ring.stampSeen(places[2] as number, 6);
    expect(ring.stampNext(44, 7)).toBe(true);
    expect(ring.stampNext(44, 8)).toBe(false);
    expect(places.map((place) => ring.sentAt(place))).toEqual([5, 1, 6, 7]);
  });

  test('stamps what two threads send in turn, each in order, with a search for the first of each alone', () => {
    const ring = new InFlightRing();
    const places = [11, 22, 33, 44, 55, 66].map((nonce) => ring.push(nonce, 1));
    expect(ring.stampNext(11, 5)).toBe(true);
    expect(ring.stampNext(44, 6)).toBe(false);
    ring.stampSeen(places[3] as number, 6);
    const found = [22, 55, 33, 66].map((nonce, index) => ring.stampNext(nonce, 7 + index));
    expect(found).toEqual([true, true, true, true]);
    expect(places.map((place) => ring.sentAt(place))).toEqual([5, 7, 9, 6, 8, 10]);
  });

  test('does not let the word of whoever sent replace that of the capture', () => {
    const ring = new InFlightRing();
    ring.push(11, 1);
    ring.pushMany(Int32Array.of(22), 1, 1);
    ring.stampNext(11, 5);
    ring.stampNext(22, 6);
    ring.stampMany(0, Float64Array.of(3), 0, 1);
    ring.stampMany(0, Float64Array.of(2, 4), 0, 2);
    expect([0, 1].map((position) => ring.sentAt(ring.placeOf(position)))).toEqual([5, 6]);
  });

  test('leaves the stamp of a pair that has left to the table', () => {
    const ring = new InFlightRing();
    const place = ring.push(11, 1);
    ring.take(place);
    expect(ring.stampNext(11, 5)).toBe(false);
  });
});
