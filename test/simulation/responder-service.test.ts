import { expect, it } from 'vitest';
import { host } from '../network/host.ts';
import { clampMss } from '../network/middleboxes/options.ts';
import { network, router, site } from '../network/network.ts';
import { packetProgram } from '../network/packet-program.ts';
import { closed } from '../network/services.ts';
import { SimulatedRoutes } from '../network/simulated-routes.ts';
import { SimulatedTransport } from '../network/simulated-transport.ts';
import { ConnectionSession } from '../../src/probe/connection/connection-session.ts';
import { decisiveAttempt, type ResponderOutcome, queryResponder } from '../../src/probe/responder/responder-query.ts';
import { localViewOf } from '../../src/probe/responder/local-view.ts';
import { ProofSyns } from '../../src/probe/responder/proof-syns.ts';
import { ResponderSession } from '../../src/probe/responder/responder-session.ts';
import { responderPartOf } from '../../src/records/responder-record.ts';
import { runSession } from '../../src/run/loop/loop.ts';
import { readSpec } from '../../src/run/options/read-options.ts';
import { NANOS_PER_MS } from '../../src/wire/numbers.ts';
import { FAR, macOfToken, routesOf } from './two-ends.ts';

const EPOCH_MS = 1_800_000_000_000;
const mac = macOfToken('a token of the test');
let count = 0;
const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => (count = (count * 75 + 74) % 65_537) & 0xff);

it('a responder on a simulated host, behind routers of which one clamps each way', async () => {
  const wallClock = (): number => EPOCH_MS;
  const service = packetProgram(
    () =>
      new ResponderSession({
        ports: [443, 8443],
        routes: routesOf(FAR),
        mac,
        random,
        wallClock,
        endAt: Infinity,
        endAfter: Infinity,
        onAttempt: () => undefined,
      }),
  );
  const far = host('198.51.100.7', { ports: { 443: service, 8443: service }, otherwise: closed() });
  const middle = router('10.0.0.2', { forward: [clampMss(1300, 'down')], reverse: [clampMss(1200, 'down')] });
  const path = [router('10.0.0.1'), middle, router('10.0.0.3')];
  const net = network([site(far, path)], { resets: false });
  const transport = new SimulatedTransport(net);
  const routes = new SimulatedRoutes(net.local);
  const syns = new ProofSyns({ mac, wallClock, sourcePorts: [20_000, 20_001], ipId: null, firstId: 1, routes });
  const form = { spec: readSpec({}), carriers: ['option'] } as const;
  const outcomes: ResponderOutcome[] = [];
  const connectionPlan = queryResponder({
    questions: [443, 8443, 80].map((port) => ({ port, makeSyn: syns.to(FAR, port, form) })),
    control: null,
    mac,
    nonce: () => random(16),
    initialRto: 1000 * NANOS_PER_MS,
    retries: 1,
    now: () => transport.now(),
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const session = new ConnectionSession({ connectionPlans: [connectionPlan], atOnce: 1 });
  await runSession(session, transport, { signal: new AbortController().signal, onTurn: () => undefined });
  const seen = outcomes.map((outcome) => {
    const attempt = decisiveAttempt(outcome);
    if (attempt === null) throw new Error('no attempt');
    const { responder, findings } = responderPartOf(outcome, attempt, localViewOf(attempt.connection));
    const words = findings.map(({ code, direction, received }) => `${code} ${direction} ${received}`);
    return { port: outcome.question.port, status: responder.status, ttl: responder.ttl, words };
  });
  const words = ['mss-clamped forward 1300', 'mss-clamped reverse 1200'];
  expect(seen).toEqual([
    { port: 443, status: 'reported', ttl: 61, words },
    { port: 8443, status: 'reported', ttl: 61, words },
    { port: 80, status: 'not-listening', ttl: null, words: [] },
  ]);
});
