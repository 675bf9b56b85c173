import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../../netns/child.ts';
import { DIST, isBuilt } from '../linux/dist.ts';
import { rootSuite } from '../linux/root-suite.ts';

const PROGRAM = fileURLToPath(new URL('../linux/programs/exits.mjs', import.meta.url));

rootSuite('the process', () => {
  test.skipIf(!isBuilt)('does not end while it waits, ends by itself after close, and its memory can be collected', async () => {
    const { code, signal, stdout, stderr } = await run([process.execPath, '--expose-gc', PROGRAM, DIST, 'packet-ring']);
    expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: 'closed\n', stderr: '' });
  });
});
