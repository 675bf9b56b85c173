import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { FileSink } from '../../src/cli/file-sink.ts';

const FULL = '/dev/full';

describe('a file as a sink', () => {
  let folder: string;
  const descriptors: number[] = [];

  function sink(path: string, flags: string | number, truncate: boolean): FileSink {
    const descriptor = openSync(path, flags);
    descriptors.push(descriptor);
    return new FileSink(descriptor, { truncate });
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synscope-sink-'));
  });

  afterEach(() => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });

  it('takes text in order and loses none, however much waits', async () => {
    const path = join(folder, 'out');
    const out = sink(path, 'w', false);
    let expected = '';
    for (let line = 0; line < 20_000; line++) {
      const text = `line ${line} ${'x'.repeat(line % 700)}\n`;
      expected += text;
      const room = out.write(text);
      if (room !== null) await room;
    }
    await out.finish();
    expect(readFileSync(path, 'utf8')).toBe(expected);
  });

  it('asks to wait when much waits already', async () => {
    const out = sink(join(folder, 'out'), 'w', false);
    // Enough to be written at once; what comes meanwhile has to wait.
    expect(out.write('x'.repeat(1024 * 1024))).toBeNull();
    const room = out.write('x'.repeat(8 * 1024 * 1024));
    expect(room).toBeInstanceOf(Promise);
    await room;
    await out.finish();
  });

  it('is emptied by the first write, not before', async () => {
    const path = join(folder, 'out');
    writeFileSync(path, 'what an earlier run found, at length');
    const out = sink(path, 'r+', true);
    await out.finish();
    expect(readFileSync(path, 'utf8')).toContain('earlier');
    void out.write('new\n');
    void out.write('lines\n');
    await out.finish();
    expect(readFileSync(path, 'utf8')).toBe('new\nlines\n');
  });

  it('tells of a full disk, once, and takes the rest without a word', async (context) => {
    context.skip(!existsSync(FULL), `there is no ${FULL} here`);
    const out = sink(FULL, 'w', true);
    let failures = 0;
    out.onFailure(() => failures++);
    void out.write('a line\n');
    await expect(out.finish()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(out.write('another')).toBeNull();
    await expect(out.finish()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(failures).toBe(1);
  });

  it('tells of a reader that went away', async () => {
    const { out, reader } = await pipe('read first');
    void out.write('the reader ends with this line\n');
    await reader.closed;
    await out.finish();
    void out.write('nobody reads this\n');
    await expect(out.finish()).rejects.toMatchObject({ code: 'EPIPE' });
  });

  it('waits for a slow reader without holding up the rest of the program', async () => {
    const { out, reader } = await pipe('read first; echo "$first"; sleep 0.05; wc -c');
    void out.write('first\n');
    for (let line = 0; line < 1000; line++) void out.write(`${'x'.repeat(999)}\n`);
    let turns = 0;
    const turn = setInterval(() => turns++, 1);
    await out.finish();
    clearInterval(turn);
    closeSync(descriptors.pop() as number);
    await reader.closed;
    expect(reader.said()).toBe('first\n1000000\n');
    expect(turns).toBeGreaterThan(5);
  });

  it('goes on where a non-blocking pipe took only a part, and tries again where it took nothing', async () => {
    const { out: blocking, reader } = await pipe('read first; echo "$first"; sleep 0.05; cksum');
    const out = sink(join(folder, 'pipe'), constants.O_WRONLY | constants.O_NONBLOCK, false);
    const text = Array.from({ length: 300_000 }, (_, line) => `${line}\n`).join('');
    void blocking.write('first\n');
    await blocking.finish();
    void out.write(text);
    await out.finish();
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
    await reader.closed;
    expect(reader.said()).toBe(`first\n${execFileSync('cksum', { input: text, encoding: 'utf8' })}`);
  });

  /** A sink whose other end a shell script reads. */
  async function pipe(script: string): Promise<{ out: FileSink; reader: { closed: Promise<unknown>; said: () => string } }> {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = spawn('sh', ['-c', `exec <'${path}'; ${script}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(reader, 'spawn');
    let said = '';
    reader.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    return { out: sink(path, 'w', true), reader: { closed: once(reader, 'close'), said: () => said } };
  }
});
