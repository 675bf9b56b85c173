import { describe, expect, it } from 'vitest';

import { Fact, WAIT_RULES, type WaitsFor, waitsFor } from '../../../src/records/probe/wait-rule.ts';

const { RESET, SYN_ACK, LIKE_HOST, ONE_PORT, SMALL_RUN, SETTLED, FULL, RARE } = Fact;
const SETS = Array.from({ length: Object.values(Fact).reduce((bits, bit) => bits | bit, 0) + 1 }, (_, facts) => facts);

/** The rule that decides. */
function ruleOf(facts: number): string | undefined {
  return WAIT_RULES.find(({ when, unless }) => (facts & when) === when && (facts & unless) === 0)?.name;
}

const CASES: readonly (readonly [string, number, WaitsFor])[] = [
  ['silence in a large run', 0, 'nothing'],
  ['silence in a small run', SMALL_RUN, 'nothing'],
  ['the first SYN-ACK of a large run', SYN_ACK, 'lead'],
  ['the first SYN-ACK of a small run', SYN_ACK | SMALL_RUN, 'last-verdict'],
  ['a SYN-ACK like most, in a small run', SYN_ACK | SMALL_RUN | LIKE_HOST, 'nothing'],
  ['a SYN-ACK unlike most, in a small run', SYN_ACK | SMALL_RUN | SETTLED, 'last-verdict'],
  ['a SYN-ACK unlike most, in a large run', SYN_ACK | SETTLED, 'nothing'],
  ['the only port of a target', SYN_ACK | SMALL_RUN | ONE_PORT, 'nothing'],
  ['a reset before any SYN-ACK', RESET, 'lead'],
  ['a reset before any SYN-ACK, in a small run', RESET | SMALL_RUN, 'last-verdict'],
  ['a reset as the host sends it', RESET | LIKE_HOST, 'nothing'],
  ['a reset unlike the SYN-ACKs of a target that is known', RESET | SETTLED, 'nothing'],
  ['a reset for which there is no room', RESET | FULL, 'nothing'],
  ['a rare reset for which there is no room', RESET | FULL | RARE, 'lead'],
  ['a SYN-ACK for which there is no room', SYN_ACK | FULL, 'nothing'],
];

describe('what a record waits for', () => {
  it.each(CASES)('%s', (_, facts, expected) => {
    expect(waitsFor(facts)).toBe(expected);
  });

  it('is decided by the first rule that holds, whatever is known', () => {
    for (const facts of SETS) expect(waitsFor(facts)).toBe(WAIT_RULES.find(({ name }) => name === ruleOf(facts))?.waitsFor);
  });

  it('needs every rule', () => {
    expect(WAIT_RULES.map(({ name }) => name).filter((name) => !SETS.some((facts) => ruleOf(facts) === name))).toEqual([]);
  });

  it('is never longer than the run makes it: nothing waits for a last verdict in a large run, nothing for a lead in a small one', () => {
    const wrong = SETS.filter((facts) => waitsFor(facts) === ((facts & SMALL_RUN) === 0 ? 'last-verdict' : 'lead'));
    expect(wrong).toEqual([]);
  });
});
