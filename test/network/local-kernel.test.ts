import { describe, expect, test } from 'vitest';
import { http } from './tcp/application.ts';
import { open } from './services.ts';
import { around, serving } from './serving.ts';
import { runExchange, flags, sizes, timeline } from './tcp-client.ts';

const GET = 'GET / HTTP/1.0\r\n\r\n';

describe('the prober’s kernel', () => {
  test('resets unknown segments, except on ports with suppressed resets', async () => {
    const world = (silentPorts: readonly number[]) => around(open({ retransmits: 3 }), { local: { resets: true, silentPorts } });
    const answers = async (ports: readonly number[]) =>
      (await runExchange(world(ports), { completes: false, untilMs: 10_000 })).packets.length;
    expect(await answers([])).toBe(1);
    expect(await answers([39_999])).toBe(1);
    expect(await answers([39_999, 40_000])).toBe(4);
  });

  test('sends no packet larger than its link’s MTU', async () => {
    const exchange = await runExchange(serving({}, { local: { mtu: 79 } }), { completes: false, synPayload: 'x'.repeat(40) });
    expect(exchange.packets).toEqual([]);
  });
});

describe('a capture after receive offload', () => {
  const merging = { local: { mergesSegments: true } };

  test('shows the segments of one instant as one packet, its length and flags with it', async () => {
    const exchange = await runExchange(serving({ application: http(4000) }, merging), { request: GET });
    expect(timeline(exchange)).toEqual(['1 S. -1+0', '2 FP. 0+4000']);
    expect(exchange.packets[1]?.ip.totalLength).toBe(4000 + 52);
    expect(exchange.received).toHaveLength(4000);
  });

  test('ends a packet with a segment with PSH', async () => {
    const world = serving({ application: http(2000, { keepOpen: true }) }, merging);
    expect(sizes(await runExchange(world, { request: GET + GET, closes: 'never' }))).toEqual([2 * 1448, 4000 - 2 * 1448]);
  });

  test('a packet holds 65,535 bytes at most, whatever the number of segments', async () => {
    const exchange = await runExchange(serving({ application: http(200_000) }, merging), {
      request: GET,
      window: 4000,
      closes: 'never',
    });
    expect(exchange.received).toHaveLength(200_000);
    expect(Math.max(...exchange.packets.map(({ ip }) => ip.totalLength))).toBeGreaterThan(40_000);
    expect(Math.max(...exchange.packets.map(({ ip }) => ip.totalLength))).toBeLessThanOrEqual(65_535);
    expect(sizes(exchange).every((size) => size % 1448 === 0 || size < 1448 * 45)).toBe(true);
  });

  test('a retransmitted segment is shown unchanged', async () => {
    const exchange = await runExchange(serving({ application: http(4000) }, merging), {
      request: GET,
      acks: false,
      untilMs: 300,
    });
    expect(sizes(exchange)).toEqual([4000, 1448]);
  });

  test('segments without data are shown in order', async () => {
    const { packets } = await runExchange(serving({ application: http(100) }, merging), { request: GET });
    expect(packets.map((packet) => flags(packet))).toEqual(['S.', 'FP.', '.']);
  });
});
