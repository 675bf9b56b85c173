import { describe, expect, test } from 'vitest';
import { probeNetwork, type PortOutcome, type RunOutcome } from './probe-network.ts';
import type { Expected, Scenario } from './scenario.ts';
import { ANSWERS } from './scenarios/answers.ts';
import { FORGERIES } from './scenarios/forgeries.ts';
import { ICMP } from './scenarios/icmp.ts';
import { LOCAL } from './scenarios/local.ts';
import { OPTIONS } from './scenarios/options.ts';

const GROUPS: Readonly<Record<string, readonly Scenario[]>> = {
  'answers and silence': ANSWERS,
  'ICMP errors': ICMP,
  forgeries: FORGERIES,
  options: OPTIONS,
  'the machine that probes': LOCAL,
};

const NAMED = Object.entries(GROUPS).flatMap(([group, scenarios]) =>
  scenarios.map((scenario) => [`${group}: ${scenario.name}`, scenario] as const),
);

describe('simulation', () => {
  test.each(NAMED)('%s', (_, scenario) => holds(scenario));
});

async function holds(scenario: Scenario): Promise<void> {
  const outcome = await probeNetwork(scenario.network, scenario.ask);
  expect(summary(outcome, scenario)).toEqual(wanted(scenario));
}

/** What is expected, in the form of `summary`. */
function wanted({ expect: ports, probesSent, repliesRejected }: Scenario): Record<string, unknown> {
  const entries = Object.entries(ports).map(([key, expected]) => [key, { findings: [], ...expected, ...rttWanted(expected) }]);
  const totals = {
    ...(probesSent === undefined ? {} : { probesSent }),
    ...(repliesRejected === undefined ? {} : { repliesRejected }),
  };
  return { ...Object.fromEntries(entries), ...totals };
}

function rttWanted({ rttMs }: Expected): Record<string, unknown> {
  return rttMs === undefined || rttMs === null
    ? {}
    : { rttMs: expect.toSatisfy((samples: readonly number[]) => within(samples, rttMs)) };
}

function within(samples: readonly number[], [low, high]: readonly [number, number]): boolean {
  return samples.length > 0 && samples.every((sample) => sample >= low && sample <= high);
}

/** Of every verdict the fields that the scenario names; a port that is not named shows up as one too many. */
function summary({ ports, stats }: RunOutcome, scenario: Scenario): Record<string, unknown> {
  const keyed = ports.map((outcome) => {
    const byTarget = `${outcome.target}:${outcome.port}`;
    const key = byTarget in scenario.expect ? byTarget : String(outcome.port);
    return [key, chosen(outcome, scenario.expect[key])] as const;
  });
  const seen = new Map<string, unknown>();
  for (const [key, value] of keyed) seen.set(seen.has(key) ? `${key} again` : key, value);
  const { probesSent, repliesRejected } = stats;
  return {
    ...Object.fromEntries(seen),
    ...(scenario.probesSent === undefined ? {} : { probesSent }),
    ...(scenario.repliesRejected === undefined ? {} : { repliesRejected }),
  };
}

function chosen(outcome: PortOutcome, expected: Expected | undefined): Record<string, unknown> {
  const { rttMs, findings } = outcome;
  const names = Object.keys(expected ?? {}) as (keyof Expected)[];
  const picked = Object.fromEntries(names.map((name) => [name, outcome[name]]));
  return { ...picked, findings, ...('rttMs' in picked ? { rttMs: rttMs.length === 0 ? null : rttMs } : {}) };
}
