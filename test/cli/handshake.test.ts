import { describe, expect, it } from 'vitest';

import { main } from '../../src/cli/main.ts';
import { silent } from '../network/services.ts';
import type { HandshakeRunRecord } from '../../src/records/handshake/records.ts';
import { type HandshakeOptions, prepareHandshake } from '../../src/run/handshake/prepare-handshake.ts';
import { around } from '../network/serving.ts';
import { shakeHands } from '../simulation/handshake-network.ts';
import { fakeOutside, type Circumstances } from './fake-environment.ts';

const { record, segments } = await shakeHands(around(silent));

async function* records(list: readonly HandshakeRunRecord[]): AsyncGenerator<HandshakeRunRecord, void, undefined> {
  for (const one of list) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await Promise.resolve();
    yield one;
  }
}

async function outcome(
  argv: readonly string[],
  more: Circumstances = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const outside = fakeOutside(more);
  const code = await main(argv, outside.environment);
  return { code, stdout: outside.stdout.text, stderr: outside.stderr() };
}

describe('synscope handshake', () => {
  it('hands every flag over under its name in the library', async () => {
    let asked: HandshakeOptions | null = null;
    const handshake = (options: HandshakeOptions): AsyncIterable<HandshakeRunRecord> => {
      asked = options;
      return records([]);
    };
    const flags = '-p 80 --no-ack --observe 50 --send http --close rst --repeat 3 --fast-open --path-mtu --ecn --expect open';
    await outcome(['handshake', '10.0.0.5', ...flags.split(' ')], { handshake });
    expect(asked).toMatchObject({
      targets: ['10.0.0.5'],
      ports: '80',
      ack: false,
      observe: 50,
      send: 'http',
      close: 'rst',
      repeat: 3,
      fastOpen: true,
      pathMtu: true,
      ecn: true,
      expect: 'open',
    });
  });

  it('writes text, or every record as JSON', async () => {
    const handshake = (): AsyncIterable<HandshakeRunRecord> => records([...segments, record]);
    const text = await outcome(['handshake', '10.0.0.5'], { handshake });
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain('port 80 is filtered: no-response');
    const json = await outcome(['handshake', '10.0.0.5', '--json'], { handshake });
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as HandshakeRunRecord).type),
    ).toEqual([...segments.map(() => 'segment'), 'handshake']);
  });

  it('exits with 1 when an expectation was missed, and says which', async () => {
    const missed = { ...record, expectation: { met: false, why: 'expected open; is filtered' } };
    const { code, stderr } = await outcome(['handshake', '10.0.0.5'], { handshake: () => records([missed]) });
    expect(code).toBe(1);
    expect(stderr).toContain('198.51.100.7:80: expected open; is filtered');
  });
});

describe('its options are read before anything is opened', () => {
  it.each([
    [{ repeat: 0 }, '--repeat "0"'],
    [{ repeat: 101 }, '--repeat "101"'],
    [{ observe: -1 }, '--observe "-1"'],
    [{ send: 'smtp' }, '--send "smtp"'],
    [{ send: 'hex:' }, '--send "hex:"'],
    [{ send: 'hex:123' }, '--send "hex:123"'],
    [{ send: `hex:${'00'.repeat(16_385)}` }, '--send of 16385 bytes'],
    [{ close: 'now' }, '--close "now"'],
    [{ expect: 'fine' }, '--expect "fine"'],
    [{ pathMtu: true, df: false }, '--path-mtu with --no-df'],
    [{ fastOpen: true, options: 'mss=1460,tfo' }, '--options'],
    [{ fastOpen: true, options: `raw=${'01'.repeat(40)}` }, '--options'],
    [{ ports: '1-2000' }, 'at most 1024 pairs'],
  ])('%j', async (options, said) => {
    await expect(prepareHandshake({ targets: ['10.0.0.5'], ...options })).rejects.toThrow(said);
  });
});
