import { foreignSigns, isLonely } from './answered-by.ts';
import { classOf, type PortTests } from './port-tests.ts';
import type { TargetFacts } from './target-facts.ts';

/**
 * Whether a stateful filter guards a port: true where SYNs pass and a bare ACK does not, on this port or another of the host; false where the host answered a stray ACK;
 * null where the evidence does not tell. Silence to both says nothing, and other ports
 * do where they agree.
 */
export function isStateful(tests: PortTests, facts: TargetFacts): boolean | null {
  const own = ownState(tests, facts);
  if (own !== null) return own;
  const others = new Set(facts.ports.map((one) => ownState(one, facts)));
  return others.has(true) && !others.has(false) ? true : null;
}

function ownState(tests: PortTests, facts: TargetFacts): boolean | null {
  const ack = tests.of('ack');
  // Where a reset may be a router's, neither it nor its absence shows what has passed.
  if (ack === undefined || classOf(ack) === 'error' || isLonely(tests, facts)) return null;
  if (classOf(ack) === 'rst' && foreignSigns(ack, tests, facts).length === 0) return false;
  return synPasses(tests, facts) ? true : null;
}

/** A reset that a filter sent is no passing. */
function synPasses(tests: PortTests, facts: TargetFacts): boolean {
  const { syn } = tests;
  return classOf(syn) === 'open' || (classOf(syn) === 'rst' && foreignSigns(syn, tests, facts).length === 0);
}
