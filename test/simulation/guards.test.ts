import { describe, expect, it } from 'vitest';

import type { FirewallPortRecord } from '../../src/records/firewall/records.ts';
import { drop, when } from '../network/middlebox.ts';
import { all, option, port, rst, syn, tcp } from '../network/match.ts';
import { rejectIcmp, rejectRst } from '../network/middleboxes/rejecting.ts';
import { host } from '../network/host.ts';
import { network, router, site } from '../network/network.ts';
import { open, silent } from '../network/services.ts';
import { findingTexts, guardNetwork } from './firewall-network.ts';
import { behind, forward, SERVER } from './scenario.ts';
import type { ExpectedGuard, GuardScenario } from './scenarios/guard-scenario.ts';
import { IMPOSTORS } from './scenarios/impostors.ts';
import { REFUSALS } from './scenarios/refusals.ts';
import { WHOLE_GUARDS } from './scenarios/whole-guards.ts';

describe('simulation: how ports are guarded', () => {
  it.each([...REFUSALS, ...IMPOSTORS, ...WHOLE_GUARDS].map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    (_, scenario) => holds(scenario),
  );

  it('ten silent ports of a host that nothing is known of take less than five seconds', async () => {
    const nothing = IMPOSTORS.find(({ name }) => name.startsWith('routers that send no ICMP')) as GuardScenario;
    const { durationMs, guards } = await guardNetwork(nothing.network, { ports: '80-89' });
    expect(guards.map(({ policy }) => policy)).toEqual(Array.from({ length: 10 }, () => 'drop'));
    expect(durationMs).toBeLessThan(5000);
  });

  it('a host that its router calls unreachable after three seconds does not slow the other tests down', async () => {
    const late = rejectIcmp(3, 1, { match: tcp, afterMs: 3100 });
    const { durationMs, guards } = await guardNetwork(behind({}, { server: { otherwise: late } }), { ports: '80,81' });
    expect(guards.map(({ policy }) => policy.startsWith('reject-icmp-host') || policy === 'drop')).toEqual([true, true]);
    expect(durationMs).toBeLessThan(5000);
  });

  it.each([0, 1, 2])('a device that is near does not hurry a host that is far: %i retries', async (retries) => {
    const far = network([
      site(host(SERVER, { ports: { 80: open(), 81: silent } }), [
        router('10.0.0.1', { forward: [rejectRst({}, port(25))] }),
        router('10.0.0.2', { delayMs: 400 }),
      ]),
    ]);
    const { guards } = await guardNetwork(far, { ports: '25,80-82', retries });
    expect(guards.map(({ policy }) => policy)).toEqual(['reject-rst', 'open', 'drop', 'closed']);
  });

  it('SYN-ACKs that come again after seconds, because a filter drops our resets, are no round trips', async () => {
    // Found on a kernel: each SYN-ACK that was sent again raised the time-out of all other tests, and the run did not end.
    const network = forward(
      { 80: open({ retransmits: 5 }), 81: silent, 443: open({ retransmits: 5 }) },
      when(rst, drop),
      when(all(syn, option(8), port(82)), drop),
    );
    const { durationMs, guards } = await guardNetwork(network, { ports: '80-82' });
    expect(guards.map(({ policy }) => policy)).toEqual(['open', 'drop', 'drop']);
    expect(durationMs).toBeLessThan(3000);
  });
});

async function holds({ network, ask, expect: wanted }: GuardScenario): Promise<void> {
  const { guards, durationMs } = await guardNetwork(network, ask);
  const seen = Object.fromEntries(guards.map((guard) => [guard.port, chosen(guard, wanted[guard.port])]));
  expect(seen).toEqual(Object.fromEntries(Object.entries(wanted).map(([port, one]) => [port, demanded(one)])));
  expect(durationMs).toBeLessThan(ask.rateLimit === true ? 15_000 : 10_000);
}

/** Of a guard what the scenario names, and its findings. */
function chosen(guard: FirewallPortRecord, wanted: ExpectedGuard | undefined): Record<string, unknown> {
  const all: Record<string, unknown> = { ...guard, says: guard.verdict, findings: findingTexts(guard) };
  return Object.fromEntries(['findings', ...Object.keys(wanted ?? {})].map((name) => [name, all[name]]));
}

function demanded({ says, rateLimit, ...rest }: ExpectedGuard): Record<string, unknown> {
  return {
    findings: [],
    ...rest,
    ...(says === undefined ? {} : { says: expect.stringMatching(says) as unknown }),
    ...(rateLimit === undefined ? {} : { rateLimit: rateLimit === null ? null : within(rateLimit) }),
  };
}

function within([low, high]: readonly [number, number]): unknown {
  return expect.toSatisfy((value: number) => value >= low && value <= high) as unknown;
}
