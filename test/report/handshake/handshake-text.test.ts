import { describe, expect, it } from 'vitest';

import { completeSynProxy } from '../../network/middleboxes/complete-syn-proxy.ts';
import { mtu } from '../../network/middleboxes/link-mtu.ts';
import { closed, silent } from '../../network/services.ts';
import { http } from '../../network/tcp/application.ts';
import { createHandshakeText } from '../../../src/report/handshake/handshake-text.ts';
import type { TextStyle } from '../../../src/report/reporter.ts';
import { around, serving } from '../../network/serving.ts';
import { type HandshakeOutcome, shakeHands } from '../../simulation/handshake-network.ts';

const PLAIN: TextStyle = { color: false, columns: 80, verbose: false };

function written({ segments, record }: HandshakeOutcome, style: Partial<TextStyle> = {}): string {
  const reporter = createHandshakeText({ ...PLAIN, ...style });
  const text = [...segments, record].map((one) => reporter.write(one)).join('');
  // Timestamp values are random, of any width.
  return style.verbose === true ? text.replaceAll(/ts=\d+(?::\d+)?/g, 'ts=N') : text;
}

const proxied = (): Promise<HandshakeOutcome> => {
  const proxy = completeSynProxy();
  const server = serving({ application: http(3000) }, { forward: [proxy.forward], reverse: [proxy.reverse] });
  return shakeHands(server, { send: 'http' });
};
const blackHole = (): Promise<HandshakeOutcome> => {
  const link = mtu(1400, { icmp: false });
  return shakeHands(serving({}, { forward: [link.forward], reverse: [link.reverse] }), { pathMtu: true });
};

describe('a handshake in text', () => {
  it.each([
    ['clean-80', () => shakeHands(serving({ application: http(3000) }), { send: 'http' }), {}],
    ['clean-40', () => shakeHands(serving({ application: http(3000) }), { send: 'http' }), { columns: 40 }],
    ['clean-piped', () => shakeHands(serving({ application: http(3000) }), { send: 'http' }), { columns: Infinity }],
    ['clean-color', () => shakeHands(serving(), {}), { color: true }],
    ['clean-verbose', () => shakeHands(serving(), { repeat: 2 }), { verbose: true }],
    ['proxy-80', proxied, {}],
    ['proxy-40', proxied, { columns: 40 }],
    ['black-hole-80', blackHole, {}],
    ['queue-80', () => shakeHands(serving({ queue: {} })), {}],
    ['cookies-80', () => shakeHands(serving({ cookies: true }), { ack: false, observe: 3500 }), {}],
    ['closed-80', () => shakeHands(around(closed())), {}],
    ['filtered-80', () => shakeHands(around(silent)), {}],
    ['repeat-80', () => shakeHands(serving(), { repeat: 5 }), {}],
  ] as const)('%s', async (name, run, style) => {
    await expect(written(await run(), style)).toMatchFileSnapshot(`../../golden/handshake-${name}.txt`);
  });

  it.each([40, 60, 72, 80, 100, 132])('fits %i columns', async (columns) => {
    const outcomes = await Promise.all([proxied(), blackHole(), shakeHands(serving({ queue: {} }))]);
    for (const line of outcomes.flatMap((outcome) => written(outcome, { columns }).split('\n'))) {
      expect(line.length).toBeLessThanOrEqual(columns);
      expect(line).not.toMatch(/\s$/);
    }
  });
});
