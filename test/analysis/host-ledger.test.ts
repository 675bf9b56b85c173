import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostLedger } from '../../src/analysis/host-ledger.ts';
import { formatHops, hopDistance } from '../../src/analysis/reply.ts';
import { initialTtl } from '../../src/probe/craft/profiles.ts';
import { reply, rst } from './packets.ts';

describe('HostLedger', () => {
  it('learns from SYN-ACKs only', () => {
    const ledger = new HostLedger();
    ledger.learn(1, rst(), 1);
    expect(ledger.facts(1)).toBeNull();
    ledger.learn(1, reply({ ttl: 61, port: 443 }), 12);
    ledger.learn(1, reply({ ttl: 60, port: 80, id: 9 }), null);
    ledger.learn(1, reply({ ttl: 60, port: 22 }), 7);
    expect(ledger.facts(1)).toEqual({
      synAcks: 3,
      port: 22,
      ttl: 60,
      hopGroups: [
        { distance: 3, port: 443, ttl: 61, synAcks: 1 },
        { distance: 4, port: 22, ttl: 60, synAcks: 2 },
      ],
      ipIdAlwaysZero: false,
      minRttMs: 7,
      maxRttMs: 12,
    });
  });

  it('names the same port in every order of answers, with its own TTL', () => {
    const answers = [
      reply({ ttl: 61, port: 443 }),
      reply({ ttl: 125, port: 22 }),
      reply({ ttl: 60, port: 9 }),
      reply({ ttl: 60, port: 80 }),
    ];
    for (const order of [answers, answers.toReversed(), [...answers.slice(2), ...answers.slice(0, 2)]]) {
      const ledger = new HostLedger();
      for (const answer of order) ledger.learn(1, answer, null);
      expect(ledger.facts(1)).toMatchObject({ port: 9, ttl: 60 });
      expect(ledger.factsBeside(1, 60)).toMatchObject({ port: 22, ttl: 125 });
    }
  });

  it('keeps at most sixteen distances of a host', () => {
    const ledger = new HostLedger();
    for (let ttl = 40; ttl < 60; ttl += 1) ledger.learn(1, reply({ ttl }), null);
    expect(ledger.facts(1)?.hopGroups).toHaveLength(16);
    expect(ledger.facts(1)?.synAcks).toBe(20);
  });

  it('forgets the host that was touched longest ago', () => {
    const ledger = new HostLedger(2);
    ledger.learn(1, reply(), null);
    ledger.learn(2, reply(), null);
    expect(ledger.facts(1)).not.toBeNull();
    ledger.learn(3, reply(), null);
    expect([1, 2, 3].map((target) => ledger.facts(target) !== null)).toEqual([true, false, true]);
  });
});

it('hop distances', () => {
  expect([1, 32, 33, 64, 65, 128, 129, 255].map(initialTtl)).toEqual([32, 32, 64, 64, 128, 128, 255, 255]);
  expect([64, 63, 128, 120, 255, 250].map(hopDistance)).toEqual([0, 1, 0, 8, 0, 5]);
  expect([formatHops(63), formatHops(64), formatHops(60)]).toEqual(['1 hop', '0 hops', '4 hops']);
});

it('HostLedger keeps the hosts that a Map in order of use would keep', () => {
  const use = fc.tuple(fc.nat(9), fc.boolean());
  fc.assert(
    fc.property(fc.array(use, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (uses, capacity) => {
      const ledger = new HostLedger(capacity);
      const kept = new Set<number>();
      for (const [target, learns] of uses) {
        expect(ledger.facts(target) !== null).toBe(kept.has(target));
        if (learns) ledger.learn(target, reply(), null);
        if (!kept.delete(target) && !learns) continue;
        kept.add(target);
        const [oldest] = kept;
        if (kept.size > capacity && oldest !== undefined) kept.delete(oldest);
      }
    }),
  );
});
