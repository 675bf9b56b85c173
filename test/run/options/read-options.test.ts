import { describe, expect, it } from 'vitest';

import { MOST_PAIRS, preparePairs } from '../../../src/run/options/read-options.ts';

describe('preparePairs', () => {
  it('reads what the commands share, with a default for the ports', async () => {
    const run = await preparePairs('path', { targets: ['10.0.0.1-2'], ttl: 9, timeout: 200 }, '443');
    expect([run.command, run.targets.size, run.ports.size, run.ports.at(0)]).toEqual(['path', 2, 1, 443]);
    expect([run.spec.ttl, run.timing.timeoutMs, run.shard]).toEqual([9, 200, null]);
  });

  it('refuses more pairs than such a run is for', async () => {
    const run = await preparePairs('path', { targets: ['10.0.0.0/22'] }, '443');
    expect(run.targets.size * run.ports.size).toBe(MOST_PAIRS);
    await expect(preparePairs('path', { targets: ['10.0.0.0/22'], ports: '1-2' }, '443')).rejects.toThrow(
      'path of 1024 targets and 2 ports: at most 1024 pairs',
    );
  });

  it('quotes what it cannot accept', async () => {
    await expect(preparePairs('path', { targets: ['10.0.0.1'], ports: '0' }, '443')).rejects.toThrow('"0"');
    await expect(preparePairs('path', { targets: ['10.0.0.1'], timeout: 0 }, '443')).rejects.toThrow('--timeout "0"');
  });
});
