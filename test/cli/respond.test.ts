import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { main } from '../../src/cli/main.ts';
import type { AttemptRecord, RespondRecord } from '../../src/records/respond/records.ts';
import type { RespondOptions } from '../../src/run/respond/respond.ts';
import { openToken, tokenMac } from '../../src/run/options/token.ts';
import { fakeOutside, records } from './fake-environment.ts';

const ATTEMPT: AttemptRecord = {
  type: 'attempt',
  at: '2026-11-25T10:11:12.345Z',
  from: '192.0.2.1',
  fromPort: 40_000,
  to: '198.51.100.7',
  port: 443,
  ttl: 57,
  fate: 'reported',
  proof: ['isn', 'ts'],
  answeredAfterMs: 0.4,
  synCopies: 1,
  synAckCopies: 1,
  syn: {
    flags: 'S',
    seq: 1,
    ack: 0,
    window: 64_240,
    options: [
      { kind: 2, name: 'mss', value: 1380 },
      { kind: 8, name: 'ts', value: 5, echo: 0 },
    ],
    optionsText: 'mss=1380,ts=5',
    optionsHex: '',
    payloadLength: 0,
  },
  synHex: '45',
  synAckHex: '45',
};

const RECORDS: readonly RespondRecord[] = [
  {
    type: 'run',
    schema: 1,
    version: '1.2.3',
    command: 'respond',
    engine: 'packet-ring',
    clock: 'kernel',
    sendPath: { name: 'raw-ip', why: '' },
    startedAt: '2026-11-25T10:11:00.000Z',
    source: { address: null, interface: null },
    listen: { ports: [443, 8000, 8001, 8002], forSeconds: 60, count: null },
  },
  ATTEMPT,
  { ...ATTEMPT, fate: 'answered', synCopies: 3, port: 8000 },
  {
    type: 'summary',
    attempts: 2,
    answered: 2,
    reported: 1,
    strangers: 1,
    rateLimited: 0,
    kernelDrops: 0,
    durationMs: 60_000,
    interrupted: false,
  },
];

const LISTEN = ['respond', '--listen-ports', '443,8000-8002'];

async function run(argv: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  let asked: RespondOptions | null = null;
  const respond = (options: RespondOptions) => {
    asked = options;
    return records<RespondRecord>(RECORDS);
  };
  const outside = fakeOutside({ respond, variables });
  const code = await main(argv, outside.environment);
  return { code, stdout: outside.stdout.text, stderr: outside.stderr(), asked: asked as RespondOptions | null };
}

describe('respond', () => {
  it('writes a line for each attempt', async () => {
    const { code, stdout } = await run([...LISTEN, '--token', 'a secret of the test']);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'answering SYNs that prove the token on ports 443,8000-8002 for 60 seconds',
      '10:11:12.345  192.0.2.1:40000 > 198.51.100.7:443 SYN mss=1380,ts ttl 57: established, report sent',
      '10:11:12.345  192.0.2.1:40000 > 198.51.100.7:8000 SYN x3 mss=1380,ts ttl 57: answered, no reply to the SYN-ACK',
      '2 attempts: 2 answered, 1 report sent, 1 SYN without the token ignored in 1 min 0 s',
      '',
    ]);
  });

  it('writes the same records as JSON Lines', async () => {
    const { stdout } = await run([...LISTEN, '--token', 'a secret of the test', '--json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(RECORDS);
  });

  it('takes the token from the environment where no flag names one', async () => {
    const variables = { SYNSCOPE_TOKEN: 'from the environment' };
    expect((await run(LISTEN, variables)).asked?.token).toBe('from the environment');
    expect((await run([...LISTEN, '--token', 'from a flag'], variables)).asked?.token).toBe('from a flag');
    const { asked } = await run([...LISTEN, '--token-file', 'secret'], variables);
    expect(asked).toMatchObject({ tokenFile: 'secret' });
    expect(asked?.token).toBeUndefined();
  });

  it.each([
    [['respond', '--token', 'x'], 'no --listen-ports'],
    [[...LISTEN, '10.0.0.5'], '"10.0.0.5": respond takes no targets'],
    [[...LISTEN, '--for', '0'], '"0"'],
    [[...LISTEN, '--count', 'many'], '"many"'],
  ])('%j is a usage error', async (argv, quoted) => {
    const { code, stderr, asked } = await run(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(quoted);
    expect(asked).toBeNull();
  });
});

describe('a token', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'synscope-token-'));
    writeFileSync(join(directory, 'secret'), '  the secret of both ends\n');
    writeFileSync(join(directory, 'empty'), '\n');
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const warnings: string[] = [];
  const onWarning = (line: string): void => void warnings.push(line);

  it('is the same from a file and from a flag', () => {
    const message = Uint8Array.of(1, 2, 3);
    const fromFile = openToken({ tokenFile: join(directory, 'secret'), onWarning }, tokenMac)(message);
    expect(fromFile).toHaveLength(32);
    expect(openToken({ token: 'the secret of both ends', onWarning }, tokenMac)(message)).toEqual(fromFile);
    expect(openToken({ token: 'the secret of nobody else', onWarning }, tokenMac)(message)).not.toEqual(fromFile);
    expect(warnings).toEqual([]);
  });

  it('that is short is taken with a warning', () => {
    openToken({ token: 'short', onWarning }, tokenMac);
    expect(warnings.splice(0)).toEqual([expect.stringContaining('a token of 5 characters')]);
  });

  it.each([
    [{}, 'no token'],
    [{ token: '  ' }, '--token "  ": is empty'],
    [{ tokenFile: 'empty' }, 'is empty'],
    [{ tokenFile: 'nowhere' }, 'cannot be read (ENOENT)'],
    [{ token: 'one', tokenFile: 'secret' }, 'without --token beside it'],
  ])('%j is a usage error', ({ tokenFile, ...rest }: { readonly token?: string; readonly tokenFile?: string }, text) => {
    const options = tokenFile === undefined ? rest : { ...rest, tokenFile: join(directory, tokenFile) };
    expect(() => openToken(options, tokenMac)).toThrow(text);
  });
});
