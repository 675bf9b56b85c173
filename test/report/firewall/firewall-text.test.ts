import { stripVTControlCharacters } from 'node:util';

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { when, drop } from '../../network/middlebox.ts';
import { all, ecnFlags, option, port, syn, tcp } from '../../network/match.ts';
import { dropSyn } from '../../network/middleboxes/dropping.ts';
import { synProxy } from '../../network/middleboxes/proxies.ts';
import { rejectIcmp, rejectRst } from '../../network/middleboxes/rejecting.ts';
import { open } from '../../network/services.ts';
import { createFirewallReporter } from '../../../src/report/firewall/firewall-text.ts';
import type { FirewallPortRecord, FirewallRecord } from '../../../src/records/firewall/records.ts';
import { guardNetwork } from '../../simulation/firewall-network.ts';
import { forward } from '../../simulation/scenario.ts';
import { run, summary } from '../records.ts';

const PORTS = { 22: open(), 25: open(), 80: open(), 443: open(), 3389: open(), 5432: open(), 8080: open() };

let ports: readonly FirewallPortRecord[];

beforeAll(async () => {
  const network = forward(
    PORTS,
    rejectRst({}, port(25)),
    synProxy({ match: port(80) }),
    when(all(syn, ecnFlags, port(443)), drop),
    dropSyn(port(3389)),
    when(all(syn, option(8), port(5432)), drop),
    rejectIcmp(3, 13, { match: all(tcp, port(8080)) }),
  );
  const { guards } = await guardNetwork(network, { ports: '22,25,80,443,3389,5432,8080' });
  const { guards: expected } = await guardNetwork(network, { ports: '22,25,80,443,3389,5432,8080', expect: 'open' });
  ports = guards.map((record, index) => ({
    ...record,
    hostname: 'server.example',
    expectation: record.port === 3389 ? (expected[index]?.expectation ?? null) : null,
  }));
});

function written(columns: number, { color = false, verbose = false, records = ports }: Looks = {}): string {
  const reporter = createFirewallReporter({ color, columns, verbose });
  const last = summary([], {
    targets: 1,
    ports: records.length,
    open: 3,
    closed: 1,
    filtered: 3,
    interrupted: false,
    probesSent: 200,
    durationMs: 1900,
  });
  const all: readonly FirewallRecord[] = [run(1, PORTS_ASKED), ...records, last];
  return all.map((record) => reporter.write(record)).join('');
}

interface Looks {
  readonly color?: boolean;
  readonly verbose?: boolean;
  readonly records?: readonly FirewallPortRecord[];
}

const PORTS_ASKED = 7;

describe('text of firewall', () => {
  it.each([40, 60, 80, 120])('in %i columns', async (columns) => {
    await expect(written(columns)).toMatchFileSnapshot(`../../golden/firewall-${columns}.txt`);
  });

  it('piped', async () => {
    await expect(written(Infinity)).toMatchFileSnapshot('../../golden/firewall-piped.txt');
  });

  it('verbose: every test', async () => {
    await expect(written(80, { verbose: true })).toMatchFileSnapshot('../../golden/firewall-verbose.txt');
  });

  it('colours change nothing else', () => {
    for (const columns of [40, 80, Infinity]) {
      const painted = written(columns, { color: true });
      expect(painted).toContain('\u001B[');
      expect(stripVTControlCharacters(painted)).toBe(written(columns));
    }
  });

  it('stays inside its columns, without trailing spaces', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 160 }), fc.boolean(), (columns, verbose) => {
        for (const line of written(columns, { verbose }).split('\n')) {
          if (!verbose) expect(line.length).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/\s$/);
        }
      }),
    );
  });

  it('an interrupted run says how many ports are not judged', () => {
    const reporter = createFirewallReporter({ color: false, columns: 80, verbose: false });
    reporter.write(run(1, PORTS_ASKED));
    reporter.write(ports[0] as FirewallPortRecord);
    const text = reporter.write(
      summary([], { targets: 1, ports: PORTS_ASKED, open: 1, closed: 0, filtered: 0, interrupted: true }),
    );
    expect(text).toContain('22 ssh  open, answered by the host at hop 4');
    expect(text).toMatch(/interrupted: 1 target, 7 ports, .* 6\s+ports not judged/);
  });
});
