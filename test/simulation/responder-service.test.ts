import { expect, it } from 'vitest';
import { host } from '../network/host.ts';
import { clampMss } from '../network/middleboxes/options.ts';
import { network, router, site } from '../network/network.ts';
import { packetProgram } from '../network/packet-program.ts';
import { createRandom } from '../network/random.ts';
import { closed } from '../network/services.ts';
import { fillFrom, macOfToken, SimulatedMachine } from '../network/simulated-machine.ts';
import { routesOf } from '../network/two-machines.ts';
import { ResponderSession } from '../../src/probe/responder/responder-session.ts';
import { probe } from '../../src/run/probe/probe.ts';
import { REMOTE } from './two-ends.ts';

const TOKEN = 'a token of the test';

it('a responder on a simulated host, behind routers of which one clamps each way', async () => {
  const random = fillFrom(createRandom(1));
  const service = packetProgram(
    () =>
      new ResponderSession({
        ports: [443, 8443],
        routes: routesOf(REMOTE),
        mac: macOfToken(TOKEN),
        random: (length) => random(new Uint8Array(length)),
        wallClock: () => machine.wallClock(),
        endAt: Infinity,
        endAfter: Infinity,
        onAttempt: () => undefined,
      }),
  );
  const far = host('198.51.100.7', { ports: { 443: service, 8443: service }, otherwise: closed() });
  const middle = router('10.0.0.2', { forward: [clampMss(1300, 'down')], reverse: [clampMss(1200, 'down')] });
  const path = [router('10.0.0.1'), middle, router('10.0.0.3')];
  const machine = new SimulatedMachine(network([site(far, path)]));
  const asked = { targets: ['198.51.100.7'], ports: '80,443,8443', responder: true, proof: 'option', token: TOKEN, retries: 1 };
  const seen: unknown[] = [];
  for await (const record of probe(asked, machine)) {
    if (record.type !== 'port') continue;
    const { port, responder, findings } = record;
    const words = findings.map(({ code, direction, received }) => `${code} ${direction} ${received}`);
    seen.push({ port, status: responder?.status, ttl: responder?.ttl, words });
  }
  const words = ['mss-clamped forward 1300', 'mss-clamped reverse 1200'];
  expect(seen).toHaveLength(3);
  expect(seen).toEqual(
    expect.arrayContaining([
      { port: 443, status: 'reported', ttl: 61, words },
      { port: 8443, status: 'reported', ttl: 61, words },
      { port: 80, status: 'not-listening', ttl: null, words: [] },
    ]),
  );
});
