import { describe, expect, it } from 'vitest';

import { host, type Service } from '../network/host.ts';
import { port } from '../network/match.ts';
import { type Middlebox, when } from '../network/middlebox.ts';
import { changeField } from '../network/middleboxes/fields.ts';
import { clampMss, padOption } from '../network/middleboxes/options.ts';
import { synProxy } from '../network/middleboxes/proxies.ts';
import { injectRst, rejectIcmp, rejectRst } from '../network/middleboxes/rejecting.ts';
import { delay } from '../network/middleboxes/timing.ts';
import { network, type Network, router, site, wire } from '../network/network.ts';
import { set } from '../network/packet-edit.ts';
import { closed, open } from '../network/services.ts';
import { type Ask, probeNetwork } from './probe-network.ts';
import { findingTexts, type GuardAsk, guardNetwork } from './firewall-network.ts';
import { behind, forward, reverse, SERVER } from './scenario.ts';
import type { GuardScenario } from './scenarios/guard-scenario.ts';
import { IMPOSTORS } from './scenarios/impostors.ts';
import { REFUSALS } from './scenarios/refusals.ts';
import { WHOLE_GUARDS } from './scenarios/whole-guards.ts';

const SEEDS = Array.from({ length: 10 }, (_, index) => 1 + index * 7919);
const NEIGHBOUR = '198.51.100.8';
/** Answers overtake one another. */
const JITTER = delay(0, 10);

/** Ways to ask that no finding may depend on. */
const WAYS: Readonly<Record<string, Partial<Ask>>> = {
  'at once': {},
  'one SYN a second': { rate: 1 },
  'three samples': { count: 3 },
  'no retries': { retries: 0 },
  'over a link whose delay wavers': {},
};

/** Ports whose packets come with another TTL: other machines behind one address. */
function otherTtl(ttl: number, ...ports: readonly number[]): Middlebox {
  return when(
    port(...ports),
    changeField((bytes) => set.ttl(bytes, ttl)),
  );
}

function openPorts(...ports: readonly number[]): Record<number, Service> {
  return Object.fromEntries(ports.map((each) => [each, open()]));
}

/** The same network behind a link whose delay wavers. */
function wavering({ local, sites, elsewhere }: Network): Network {
  const link = wire({ forward: [JITTER], reverse: [JITTER] });
  return { local, sites: sites.map((one) => ({ ...one, path: [link, ...one.path] })), elsewhere };
}

interface World {
  readonly network: Network;
  readonly ports: string;
  readonly targets?: readonly string[];
  /** Two answers to one SYN, the first of which decides: delay may change which that is. */
  readonly isRace?: true;
  /** By port, or `target:port`: all findings, as `code direction certainty`. */
  readonly expect: Readonly<Record<string, readonly string[]>>;
}

const MISMATCH = ['ttl-mismatch unknown possible'];
const INJECTED = ['rst-injected unknown likely'];

function each<T>(ports: readonly number[], value: T): Record<number, T> {
  return Object.fromEntries(ports.map((one) => [one, value]));
}

/** What each network must show, whatever the order of probes and answers. */
const WORLDS: Readonly<Record<string, World>> = {
  'one port from another distance, and closed ports of the host': {
    network: behind(openPorts(1, 2, 3, 4), { reverse: [otherTtl(120, 3)] }),
    ports: '1-6',
    expect: { 3: MISMATCH },
  },
  'two of five from another distance': {
    network: reverse(openPorts(1, 2, 3, 4, 5), otherTtl(120, 1, 2)),
    ports: '1-6',
    expect: { 1: MISMATCH, 2: MISMATCH },
  },
  'two machines with half of the ports each': {
    network: reverse(openPorts(1, 2, 3, 4, 5, 6), otherTtl(120, 1, 2, 3)),
    ports: '1-8',
    expect: each([1, 2, 3, 4, 5, 6], MISMATCH),
  },
  'three of a dozen from another distance': {
    network: reverse(openPorts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), otherTtl(120, 3, 4, 5)),
    ports: '1-14',
    expect: each([3, 4, 5], MISMATCH),
  },
  'three machines with a port each': {
    network: reverse(openPorts(1, 2, 3), otherTtl(120, 1), otherTtl(50, 2)),
    ports: '1-3',
    expect: each([1, 2, 3], MISMATCH),
  },
  'seven machines, one of them with two ports': {
    network: reverse(openPorts(1, 2, 3, 4, 5, 6, 7, 8), ...[1, 2, 3, 4, 5, 6].map((one) => otherTtl(50 - one, one))),
    ports: '1-9',
    expect: each([1, 2, 3, 4, 5, 6], MISMATCH),
  },
  'a SYN proxy that is nearer than the host takes one of two open ports': {
    network: forward(openPorts(1, 2), synProxy({ match: port(2) })),
    ports: '1-6',
    expect: { 1: MISMATCH, 2: [...MISMATCH, ...Array.from({ length: 3 }, () => 'option-missing unknown possible')] },
  },
  'a reset instead of an answer, from nearer than the host': {
    network: forward(openPorts(1, 2, 3), rejectRst({}, port(5, 6))),
    ports: '1-8',
    expect: { 5: INJECTED, 6: INJECTED },
  },
  'the same, and one port from another distance': {
    network: behind(openPorts(1, 2, 3, 4), { forward: [rejectRst({}, port(6))], reverse: [otherTtl(58, 2)] }),
    ports: '1-8',
    expect: { 2: MISMATCH, 6: INJECTED },
  },
  'a reset beside the answer': {
    network: forward(openPorts(1, 2, 3), injectRst({}, port(2, 7))),
    ports: '1-8',
    isRace: true,
    expect: { 2: ['rst-injected reverse likely'], 7: INJECTED },
  },
  'a SYN-ACK from another distance beside the reset of the host': {
    isRace: true,
    network: behind(
      { ...openPorts(1, 2), 4: closed() },
      { forward: [injectRst({ ttl: 62 }, port(1))], reverse: [otherTtl(59, 1)] },
    ),
    ports: '1-5',
    expect: { 1: ['rst-injected reverse possible', ...MISMATCH], 2: MISMATCH },
  },
  'a reset too soon, and from another stack': {
    network: network([
      site(host(SERVER, { ports: openPorts(1, 2, 3, 4) }), [
        router('10.0.0.1', { forward: [rejectRst({ ttl: 62, window: 5 }, port(5))] }),
        router('10.0.0.2', { forward: [delay(120)] }),
      ]),
    ]),
    ports: '1-7',
    expect: { 5: INJECTED },
  },
  'a machine of another kind at the same distance': {
    network: behind({ ...openPorts(2, 4), 1: open({ stack: { ttl: 128, ipId: 'counter' } }), 3: closed({ ttl: 255 }) }),
    ports: '1-6',
    expect: {},
  },
  'options and ICMP are not compared with other ports': {
    network: behind(openPorts(1, 2, 3, 4), {
      forward: [rejectIcmp(3, 13, { match: port(5) })],
      reverse: [when(port(2), padOption(8)), when(port(3), clampMss(1300, 'set'))],
    }),
    ports: '1-6',
    expect: { 2: ['option-padded reverse likely'], 3: ['mss-clamped reverse possible'] },
  },
  'two targets, each with something else': {
    network: network([
      site(host(SERVER, { ports: openPorts(1, 2, 3) }), [router('10.0.0.1', { reverse: [otherTtl(120, 3)] })]),
      site(host(NEIGHBOUR, { ports: openPorts(1, 2) }), [
        router('10.0.0.1', { forward: [rejectRst({}, port(4))] }),
        router('10.0.0.2'),
      ]),
    ]),
    targets: [SERVER, NEIGHBOUR],
    ports: '1-5',
    expect: { [`${SERVER}:3`]: MISMATCH, [`${NEIGHBOUR}:4`]: INJECTED },
  },
};

/** What a run finds, and the states of all ports; nothing of what it measures. */
async function said({ network: net, ports, targets = [SERVER] }: World, ask: Partial<Ask>): Promise<Said> {
  const outcome = await probeNetwork(net, { targets, ports, ...ask });
  const found: Record<string, readonly string[]> = {};
  for (const { target, port: one, found: findings } of outcome.ports) {
    if (findings.length === 0) continue;
    found[targets.length === 1 ? `${one}` : `${target}:${one}`] = findings.map(
      ({ code, direction, certainty }) => `${code} ${direction} ${certainty}`,
    );
  }
  const states = outcome.ports.map(({ target, port: one, state, reason }) => `${target}:${one} ${state} ${reason}`);
  return { found, states: states.toSorted() };
}

interface Said {
  readonly found: Readonly<Record<string, readonly string[]>>;
  readonly states: readonly string[];
}

describe('simulation: one network, one result', () => {
  it.each(Object.entries(WORLDS))('%s', async (_, world) => {
    const { states } = await said(world, { seed: 1 });
    for (const [way, ask] of Object.entries(WAYS)) {
      const wavers = way.startsWith('over');
      if (wavers && world.isRace === true) continue;
      const there = wavers ? { ...world, network: wavering(world.network) } : world;
      for (const seed of SEEDS) {
        const one = await said(there, { ...ask, seed });
        expect({ way, seed, ...one }).toEqual({ way, seed, found: world.expect, states });
      }
    }
  });
});

/** Whose answers chance decides: a limit on ICMP errors that is used up sooner or later, a box that throws dice, two answers to each SYN. */
const OF_CHANCE = ['4, 35:', 'a SYN-ACK that still comes', 'a reset besides the SYN-ACK', '12:'];
const GUARDED = [...REFUSALS, ...IMPOSTORS, ...WHOLE_GUARDS].filter(({ name }) => !OF_CHANCE.some((one) => name.startsWith(one)));

/** What `firewall` says of each port. */
async function guards(net: Network, ask: GuardAsk): Promise<readonly string[]> {
  const outcome = await guardNetwork(net, ask);
  return outcome.guards.map((guard) => [guard.port, guard.verdict, ...findingTexts(guard)].join(' '));
}

describe('simulation: one network, one result of firewall', () => {
  it.each(GUARDED.map((one) => [one.name, one] as const))('%s', async (_, { network: net, ask }) => {
    const usual = await guards(net, ask);
    expect(await guards(net, { ...ask, seed: 7919 })).toEqual(usual);
    for (const seed of SEEDS.slice(0, 2)) expect(await guards(wavering(net), { ...ask, seed })).toEqual(usual);
  });

  it('of a reset besides the SYN-ACK nothing is found but that, whichever comes first', async () => {
    const { network: net, ask } = REFUSALS.find(({ name }) => name === 'a reset besides the SYN-ACK') as GuardScenario;
    for (const seed of SEEDS) {
      const { guards: found } = await guardNetwork(wavering(net), { ...ask, seed });
      const texts = found.map((guard) => [guard.port, ...findingTexts(guard)].join(' '));
      expect(texts).toEqual(['80', '81 rst-injected likely checksum-not-verified proven']);
    }
  });
});
