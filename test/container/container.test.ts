import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/container-test', import.meta.url));
/** What the script exits with when it cannot run here. */
const CANNOT_RUN = 77;
const TEN_MINUTES = 600_000;

describe('the container image', () => {
  it('passes every check of scripts/container-test', { timeout: TEN_MINUTES }, ({ skip }) => {
    const run = spawnSync('sh', [SCRIPT], { encoding: 'utf8', timeout: TEN_MINUTES, maxBuffer: 2 ** 26 });
    const said = `${run.stdout}${run.stderr}`;
    console.log(said.trim());
    // In CI a container engine is owed: there the reason for a skip is a failure.
    if (run.status === CANNOT_RUN && process.env['CI'] !== 'true') skip(said.trim());
    expect(run.stdout).not.toMatch(/^failed /m);
    expect(run.status).toBe(0);
  });
});
