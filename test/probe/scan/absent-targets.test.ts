import { describe, expect, it } from 'vitest';
import { AbsentTargets } from '../../../src/probe/scan/absent-targets.ts';
import { Answer, PairTable } from '../../../src/probe/scan/pair-table.ts';
import { NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';

/** A table with a pair of one SYN for each [target, sent at, answer]. */
function tableOf(...pairs: readonly (readonly [number, number, number])[]): PairTable {
  const table = new PairTable(16);
  for (const [target, at, answer] of pairs) {
    const slot = table.add(target, 80);
    table.sent[slot] = 1;
    table.stamp(slot, 0, at);
    table.answer[slot] = answer;
  }
  return table;
}

function ended(absent: AbsentTargets, table: PairTable, most = Infinity): readonly number[] {
  const targets: number[] = [];
  absent.review(0, table, (slot) => {
    if (targets.length >= most) return false;
    targets.push(table.target[slot] as number);
    table.remove(slot);
    return true;
  });
  return targets.toSorted((a, b) => a - b);
}

describe('AbsentTargets', () => {
  it('ends the pairs whose SYN never left: unanswered, and sent before the target was found to be absent', () => {
    const absent = new AbsentTargets();
    const table = tableOf(
      [7, 99, Answer.none],
      [8, 99, Answer.none],
      [9, 100, Answer.none],
      [10, 99, Answer.localIcmp],
      [11, NaN, Answer.none],
    );
    expect(ended(absent, table)).toEqual([]);
    for (const target of [7, 9, 10, 11]) absent.note(target, 100);
    expect([absent.has(7), absent.has(8)]).toEqual([true, false]);
    expect([absent.swallowed(7, 99), absent.swallowed(7, 100), absent.swallowed(8, 99)]).toEqual([true, false, false]);
    expect(ended(absent, table)).toEqual([7]);
  });

  it('goes on later with those that were put off', () => {
    const absent = new AbsentTargets();
    const table = tableOf([1, 0, Answer.none], [2, 0, Answer.none], [3, 0, Answer.none]);
    for (const target of [1, 2, 3]) absent.note(target, 100);
    expect([ended(absent, table, 2).length, ended(absent, table).length, ended(absent, table).length]).toEqual([2, 1, 0]);
  });

  it('gives a target another chance after a minute since it was noted last', () => {
    const absent = new AbsentTargets();
    absent.note(7, 0);
    absent.note(8, 0);
    absent.note(7, 30 * NANOS_PER_SECOND);
    absent.review(60 * NANOS_PER_SECOND, tableOf(), () => true);
    expect([absent.has(7), absent.has(8)]).toEqual([true, false]);
    absent.review(90 * NANOS_PER_SECOND, tableOf(), () => true);
    expect(absent.has(7)).toBe(false);
  });

  it('stays within its memory', () => {
    const absent = new AbsentTargets();
    for (let target = 0; target < 70_000; target++) absent.note(target, target);
    expect([absent.has(65_535), absent.has(65_536)]).toEqual([true, false]);
  });
});
