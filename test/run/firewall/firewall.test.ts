import { describe, expect, it } from 'vitest';

import { firewall } from '../../../src/index.ts';
import type { FirewallOptions } from '../../../src/run/firewall/firewall.ts';

async function first(options: FirewallOptions): Promise<unknown> {
  for await (const record of firewall(options)) return record;
  return null;
}

describe('firewall, as a function', () => {
  it.each([
    [{ targets: [] }, 'no target'],
    [{ targets: ['10.0.0.999'] }, '10.0.0.999'],
    [{ targets: ['192.0.2.1'], ports: '0' }, '"0"'],
    [{ targets: ['192.0.2.1'], expect: 'filtered' }, '--expect "filtered"'],
    [{ targets: ['192.0.2.1'], options: 'bogus' }, '"bogus"'],
    [{ targets: ['192.0.2.0/24'], ports: '1-5' }, 'at most 1024 pairs'],
  ])('refuses %j before anything is opened', async (options, quoted) => {
    await expect(first(options)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(quoted) as unknown });
  });
});
