import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';

import { HopNames } from '../../../src/run/path/hop-names.ts';
import { type Address, parseAddress } from '../../../src/wire/address.ts';

const HOP = parseAddress('192.0.2.1') as Address;
const OTHER = parseAddress('192.0.2.2') as Address;
/** PTR, IN, a minute, `r1.lab`; the name is that of the question (RFC 1035, 4.1.4). */
const ANSWER = Uint8Array.from([0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 8, 2, 0x72, 0x31, 3, 0x6c, 0x61, 0x62, 0]);

let socket: Socket | null = null;
afterEach(() => {
  socket?.close();
  socket = null;
});

/** A name server on loopback; one that says nothing unless there is an answer. */
async function server(answer: Uint8Array | null): Promise<string> {
  const bound = createSocket('udp4');
  socket = bound;
  bound.on('message', (query, { port, address }) => {
    if (answer === null) return;
    // A response with one question and one answer, nothing behind them.
    const header = [...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    const questionEnd = query.indexOf(0, 12) + 5;
    bound.send(Uint8Array.from([...header, ...query.subarray(12, questionEnd), ...answer]), port, address);
  });
  bound.bind(0, '127.0.0.1');
  await once(bound, 'listening');
  return `127.0.0.1:${bound.address().port}`;
}

it('knows what a name server says', async () => {
  const names = new HopNames([await server(ANSWER)]);
  await names.learn([HOP]);
  expect(names.nameOf(HOP)).toBe('r1.lab');
  expect(names.nameOf(OTHER)).toBe(null);
});

// getnameinfo(3) kept the process for another ten seconds once the last record was out.
it('waits a second for one that is silent, and leaves nothing behind', async () => {
  const names = new HopNames([await server(null)]);
  const before = performance.now();
  await names.learn([HOP, OTHER]);
  expect(performance.now() - before).toBeLessThan(2500);
  names.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(names.nameOf(HOP)).toBe(null);
  expect(process.getActiveResourcesInfo().filter((name) => /Req|Query/.test(name))).toEqual([]);
});
