import { describe, expect, it } from 'vitest';

import { main } from '../../src/cli/main.ts';
import { type ErrorCode, EXIT_CODES, SynscopeError, usageError } from '../../src/errors.ts';
import type { ProbeRecord } from '../../src/records/probe/records.ts';
import type { ProbeOptions } from '../../src/run/probe/prepare.ts';
import { closed, open, PACKET, run, silent, summary, wholeRun } from '../report/records.ts';
import { type Circumstances, type FakeOutside, fakeOutside, MemorySink, records } from './fake-environment.ts';

const A = '10.0.0.2';
const RUN: readonly ProbeRecord[] = wholeRun(run(1, 3), [open(A, 80), closed(A, 81), silent(A, 82)]);
const MISSED = { met: false, why: 'expected open, is filtered (no-response)' };

async function synscope(words: string, circumstances: Circumstances = {}): Promise<FakeOutside & { readonly code: number }> {
  const outside = fakeOutside({ probe: () => records(RUN), ...circumstances });
  return { ...outside, code: await main(words.split(' '), outside.environment) };
}

/** A probe that runs until it is told to stop, and tells `begun` when it waits. */
function endless(begun: () => void): (options: ProbeOptions) => AsyncIterable<ProbeRecord> {
  return async function* probe({ signal }) {
    const first = run(1, 100);
    yield first;
    yield open(A, 80);
    await new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve());
      if (signal?.aborted === true) resolve();
      begun();
    });
    yield closed(A, 81);
    yield summary([first, open(A, 80), closed(A, 81)], { interrupted: true });
  };
}

describe('results', () => {
  it('are a table, or JSON Lines when asked for', async () => {
    expect((await synscope('h')).stdout.text).toContain('10.0.0.2: 1 open, 1 closed, 1 filtered\n');
    const lines = RUN.map((record) => `${JSON.stringify(record)}\n`).join('');
    expect((await synscope('h --json')).stdout.text).toBe(lines);
    expect((await synscope('h --format json')).stdout.text).toBe(lines);
  });

  it('are written one by one, as they become final', async () => {
    const { stdout } = await synscope('h --json');
    expect(stdout.writes).toBe(RUN.length);
  });

  it('are never mixed with messages', async () => {
    const probe = (options: ProbeOptions): AsyncIterable<ProbeRecord> => {
      options.onWarning?.('it is slow here');
      return records(RUN);
    };
    const { stdout, stderr, code } = await synscope('h --json', { probe });
    expect(code).toBe(0);
    expect(stdout.text).not.toContain('slow');
    expect(stderr()).toBe('synscope: warning: it is slow here\n');
  });

  it('go to a file instead, opened before the probe begins', async () => {
    const order: string[] = [];
    const file = new MemorySink();
    const probe = (): AsyncIterable<ProbeRecord> => {
      order.push('probe');
      return records(RUN);
    };
    const openFile = (path: string): MemorySink => {
      order.push(path);
      return file;
    };
    const { stdout, code } = await synscope('h --output results.txt', { probe, openFile, stdoutColumns: 20 });
    expect({ code, order, stdout: stdout.text }).toEqual({ code: 0, order: ['results.txt', 'probe'], stdout: '' });
    expect(file.text).toContain('10.0.0.2: 1 open, 1 closed, 1 filtered\n');
    expect(file.text).not.toContain('\u001B');
  });

  it('that have no file to go to are not gathered', async () => {
    const openFile = (): never => {
      throw Object.assign(new Error("EACCES: permission denied, open '/x'"), { code: 'EACCES' });
    };
    const { code, stderr, wasAsked } = await synscope('h --output /x', { openFile });
    expect({ code, asked: wasAsked() }).toEqual({ code: 2, asked: false });
    expect(stderr()).toBe('synscope: --output "/x": expected a file that can be written (permission denied)\n');
  });

  it('of a dry run are packets, one a line, whatever the format', async () => {
    for (const words of ['h --dry-run', 'h --dry-run --format table', 'h --dry-run --open']) {
      const { code, stdout } = await synscope(words, { probe: () => records([PACKET, PACKET]) });
      expect(code).toBe(0);
      expect(stdout.text).toBe(`${JSON.stringify(PACKET)}\n`.repeat(2));
    }
  });

  it('are open ports alone with --open', async () => {
    const { stdout } = await synscope('h --json --open');
    expect(
      stdout.text.split('\n').map((line) => /"type":"port","target":"[^"]*","hostname":null,"port":(\d+)/.exec(line)?.[1]),
    ).toEqual([undefined, '80', undefined, undefined]);
  });

  it('with --open need no records of other ports, where no block of a target counts them', async () => {
    const asks = async (words: string, targets: number, ports: number): Promise<boolean> => {
      const { openOnly } = (await synscope(words)).asked();
      return typeof openOnly === 'function' ? openOnly({ targets, ports }) : openOnly === true;
    };
    expect(await asks('h --open --json', 1, 1)).toBe(true);
    expect(await asks('h --open', 1, 65_535)).toBe(false);
    expect(await asks('h --open', 16, 2)).toBe(false);
    expect(await asks('h --open', 2, 1)).toBe(true);
    expect(await asks('h --open', 17, 2)).toBe(true);
    expect(await asks('h --json', 17, 2)).toBe(false);
  });

  it('list every port with -v', async () => {
    const many = wholeRun(
      run(1, 20),
      Array.from({ length: 20 }, (_, index) => closed(A, 80 + index)),
    );
    expect((await synscope('h -v', { probe: () => records(many) })).stdout.text.match(/ rst$/gm)).toHaveLength(20);
    expect((await synscope('h', { probe: () => records(many) })).stdout.text).toContain('20 closed (rst)');
  });
});

describe('colors', () => {
  it.each<[string, Record<string, string>, number | undefined, boolean]>([
    ['h', {}, 80, true],
    ['h', {}, undefined, false],
    ['h --no-color', {}, 80, false],
    ['h --color', {}, undefined, true],
    ['h', { NO_COLOR: '1' }, 80, false],
    ['h', { NO_COLOR: '' }, 80, true],
    ['h', { TERM: 'dumb' }, 80, false],
    ['h', { FORCE_COLOR: '1' }, undefined, true],
    ['h', { FORCE_COLOR: '0' }, 80, false],
    ['h', { FORCE_COLOR: '1', NO_COLOR: '1' }, undefined, true],
    ['h --no-color', { FORCE_COLOR: '1' }, 80, false],
    ['h --json', { FORCE_COLOR: '1' }, 80, false],
  ])('%s with %j on %s columns: %s', async (words, variables, stdoutColumns, colored) => {
    const { stdout } = await synscope(words, { variables, ...(stdoutColumns === undefined ? {} : { stdoutColumns }) });
    expect(stdout.text.includes('\u001B[')).toBe(colored);
  });
});

describe('the exit code', () => {
  it('is 0 when all is done, whatever the states', async () => {
    expect((await synscope('h')).code).toBe(0);
  });

  it('is 1 when an expectation was missed, each said in a line', async () => {
    const ports = [
      open(A, 80, { expectation: { met: true, why: null } }),
      silent(A, 81, { expectation: MISSED }),
      silent(A, 82, { expectation: MISSED }),
    ];
    for (const words of ['h', 'h -q --json', 'h --open']) {
      const { code, stderr } = await synscope(words, { probe: () => records(wholeRun(run(1, 3), ports)) });
      expect(code).toBe(1);
      expect(stderr()).toBe(
        'synscope: 10.0.0.2:81: expected open, is filtered (no-response)\nsynscope: 10.0.0.2:82: expected open, is filtered (no-response)\n',
      );
    }
  });

  it.each(Object.entries(EXIT_CODES) as [ErrorCode, number][])(
    'of %s is %i, before and after results',
    async (code, expected) => {
      for (const list of [[], RUN]) {
        const error = new SynscopeError(code, 'it went wrong', code === 'usage' ? {} : { hint: 'do this' });
        const outside = await synscope('h --json', { probe: () => records(list, error) });
        expect(outside.code).toBe(expected);
        expect(outside.stdout.text.split('\n').length - 1).toBe(list.length);
        expect(outside.stderr()).toBe(code === 'usage' ? 'synscope: it went wrong\n' : 'synscope: it went wrong\n  do this\n');
      }
    },
  );

  it('of a failed run weighs more than a missed expectation', async () => {
    const list = wholeRun(run(1, 1), [silent(A, 81, { expectation: MISSED })]);
    const { code } = await synscope('h', { probe: () => records(list, new SynscopeError('no-route', 'no way')) });
    expect(code).toBe(4);
  });

  it('3 shows every way to get the right', async () => {
    const hint = 'run it as root: sudo synscope ...\nor give node the right: setcap cap_net_raw+ep\nor --cap-add=NET_RAW';
    const { code, stderr } = await synscope('h', {
      probe: () => records([], new SynscopeError('not-permitted', 'CAP_NET_RAW is missing', { hint })),
    });
    expect(code).toBe(3);
    expect(stderr()).toBe(
      'synscope: CAP_NET_RAW is missing\n  run it as root: sudo synscope ...\n  or give node the right: setcap cap_net_raw+ep\n  or --cap-add=NET_RAW\n',
    );
  });

  it('2 is one line, whatever the text at fault holds', async () => {
    const { code, stderr } = await synscope('h', {
      probe: () => records([], usageError('target', 'a\nb\u001B[1m', 'expected an address')),
    });
    expect(code).toBe(2);
    expect(stderr()).toBe('synscope: target "a\\x0ab\\x1b[1m": expected an address\n');
  });

  it('of a defect is 70, with its stack', async () => {
    const { code, stderr } = await synscope('h', { probe: () => records(RUN, new TypeError('x is not a function')) });
    expect(code).toBe(70);
    expect(stderr()).toMatch(
      /^synscope: this is a defect in synscope, please report it:\nTypeError: x is not a function\n\s+at /,
    );
  });
});

describe('an interruption', () => {
  it('once: what is known is printed, exit 130', async () => {
    let interrupt = (): void => undefined;
    const outside = fakeOutside({ probe: endless(() => interrupt()) });
    ({ interrupt } = outside);
    expect(await main(['h'], outside.environment)).toBe(130);
    expect(outside.stdout.text).toContain('10.0.0.2: 1 open, 1 closed, 98 not judged\n');
    expect(outside.stdout.text).toContain('interrupted: 1 target, 100 ports: 1 open, 1 closed, 98 not judged');
    expect(outside.exits).toEqual([]);
  });

  it('twice: the process ends at once', async () => {
    let outside: FakeOutside | null = null;
    const press = (): void => {
      outside?.interrupt();
      outside?.pass(300);
      outside?.interrupt();
    };
    outside = fakeOutside({ probe: endless(press) });
    await main(['h'], outside.environment);
    expect(outside.exits).toEqual([130]);
  });

  it('that reaches us twice, from the terminal and from npm, is one', async () => {
    let outside: FakeOutside | null = null;
    const press = (): void => {
      outside?.interrupt();
      outside?.pass(2);
      outside?.interrupt();
    };
    outside = fakeOutside({ probe: endless(press) });
    await main(['h'], outside.environment);
    expect(outside.exits).toEqual([]);
    expect(outside.stdout.text).toContain('interrupted:');
  });

  it('that comes when all is done changes nothing', async () => {
    let interrupt = (): void => undefined;
    const outside = fakeOutside({
      probe: async function* probe() {
        yield* records(RUN);
        interrupt();
      },
    });
    ({ interrupt } = outside);
    expect(await main(['h'], outside.environment)).toBe(0);
  });

  it('weighs more than a missed expectation', async () => {
    let interrupt = (): void => undefined;
    const outside = fakeOutside({
      probe: async function* probe() {
        await Promise.resolve();
        const ports = [silent(A, 81, { expectation: MISSED })];
        interrupt();
        yield* wholeRun(run(1, 3), ports, { interrupted: true });
      },
    });
    ({ interrupt } = outside);
    expect(await main(['h'], outside.environment)).toBe(130);
  });

  it('ends a dry run, which has no end of its own', async () => {
    let interrupt = (): void => undefined;
    let packets = 0;
    const outside = fakeOutside({
      probe: async function* probe() {
        for (;;) {
          await Promise.resolve();
          yield PACKET;
          if (++packets === 100) interrupt();
        }
      },
    });
    ({ interrupt } = outside);
    expect(await main(['h', '--dry-run'], outside.environment)).toBe(130);
    expect(outside.stdout.text.split('\n')).toHaveLength(101);
  });
});

describe('a sink that fails', () => {
  it('because the reader went away ends the run quietly', async () => {
    const stdout = new MemorySink(2);
    const { code, stderr } = await synscope('h --json', { stdout, probe: endless(() => undefined) });
    expect({ code, stderr: stderr() }).toEqual({ code: 141, stderr: '' });
    expect(stdout.text.split('\n')).toHaveLength(2);
  }, 5000);

  it('because the disk is full ends the run with exit 4 and says so', async () => {
    const file = new MemorySink(2, 'ENOSPC: no space left on device, write');
    const { code, stderr } = await synscope('h --json --output /mnt/results', {
      openFile: () => file,
      probe: endless(() => undefined),
    });
    expect(code).toBe(4);
    expect(stderr()).toBe(
      'synscope: results could not be written to "/mnt/results": no space left on device\n  what was written before is there, the rest is lost\n',
    );
  }, 5000);
});

describe('progress', () => {
  const CLEAR = '\r\u001B[K';

  function reporting(elapsed: readonly number[]): (options: ProbeOptions) => AsyncIterable<ProbeRecord> {
    return async function* probe({ onProgress }) {
      await Promise.resolve();
      for (const elapsedMs of elapsed)
        onProgress?.({ elapsedMs, pairsDone: elapsedMs / 100, pairsTotal: 100, open: 0, probesSent: elapsedMs });
      yield* RUN;
    };
  }

  it('is shown on a terminal, at most five times a second, and taken away before results', async () => {
    const elapsed = Array.from({ length: 20 }, (_, index) => 1000 + index * 100);
    const { stderr } = await synscope('h', { probe: reporting(elapsed), stderrColumns: 80 });
    const shown = stderr().split(CLEAR);
    expect(shown).toHaveLength(12);
    for (const line of shown.slice(1, -1)) expect(line).toMatch(/^\[=* *\] +\d+% {2}\d+\/100 ports {2}0 open/);
    expect(stderr().endsWith(CLEAR)).toBe(true);
  });

  it('leaves the last column free', async () => {
    const { stderr } = await synscope('h', { probe: reporting([5000]), stderrColumns: 30 });
    for (const line of stderr().split(CLEAR)) expect(line.length).toBeLessThan(30);
  });

  it('is not shown in the first second, when quiet, in a file or on a terminal that cannot erase', async () => {
    const none: readonly [string, Circumstances][] = [
      ['h', { probe: reporting([100, 500, 900]), stderrColumns: 80 }],
      ['h -q', { probe: reporting([5000]), stderrColumns: 80 }],
      ['h', { probe: reporting([5000]) }],
      ['h', { probe: reporting([5000]), stderrColumns: 80, variables: { TERM: 'dumb' } }],
    ];
    for (const [words, circumstances] of none) expect((await synscope(words, circumstances)).stderr()).toBe('');
  });

  it('makes way for warnings and missed expectations', async () => {
    const probe = async function* probe({ onProgress, onWarning }: ProbeOptions): AsyncGenerator<ProbeRecord> {
      await Promise.resolve();
      onProgress?.({ elapsedMs: 2000, pairsDone: 1, pairsTotal: 3, open: 0, probesSent: 1 });
      onWarning?.('slow');
      onWarning?.('slow');
      onProgress?.({ elapsedMs: 3000, pairsDone: 1, pairsTotal: 3, open: 0, probesSent: 1 });
      yield silent(A, 81, { expectation: MISSED });
    };
    const { stderr } = await synscope('h --json', { probe, stderrColumns: 80 });
    const shown = stderr().split(CLEAR);
    expect(shown.map((line) => line.slice(0, 30).trimEnd())).toEqual(
      [
        '',
        '[======              ]   33%',
        'synscope: warning: slow\n',
        '[======              ]   33%',
        'synscope: 10.0.0.2:81: expecte',
      ].map((line) => line.trimEnd()),
    );
    expect(stderr().match(/slow/g)).toHaveLength(1);
  });
});

describe('quiet', () => {
  it('says nothing of warnings', async () => {
    const probe = (options: ProbeOptions): AsyncIterable<ProbeRecord> => {
      options.onWarning?.('it is slow here');
      return records(RUN);
    };
    const { stderr, code } = await synscope('h -q', { probe });
    expect({ stderr: stderr(), code }).toEqual({ stderr: '', code: 0 });
  });
});
