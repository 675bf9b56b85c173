import { craftSyn, ETHERNET } from '../../probe/craft/syn-spec.ts';
import { FirewallSession } from '../../probe/firewall/firewall-session.ts';
import type { PortState } from '../../probe/verdict.ts';
import { guardRecords } from '../../records/firewall/build.ts';
import { parseGuardExpectations } from '../../records/firewall/expectations.ts';
import type { FirewallPortRecord, FirewallRecord } from '../../records/firewall/records.ts';
import { type BatchCommand, type Command, inBatches, oneByOne } from '../command.ts';
import { randomKey } from '../machine.ts';
import { preparePairs } from '../options/read-options.ts';
import type { CraftOptions, NetworkOptions, RunControl, TargetOptions, TimingOptions } from '../options/run-options.ts';

/**
 * What `firewall` accepts: its flags in camelCase. The tests choose source ports, ISNs, flags and data
 * themselves.
 */
export interface FirewallOptions
  extends
    TargetOptions,
    Pick<CraftOptions, 'options' | 'profile' | 'dscp' | 'window'>,
    Omit<NetworkOptions, 'sourcePort'>,
    Pick<TimingOptions, 'timeout' | 'retries'>,
    RunControl {
  /** `443` or `22,80`; without it 22, 80 and 443. */
  readonly ports?: string;
  /** Search for a SYN rate limit, which takes seconds and up to 4,000 SYNs to one port of each target. */
  readonly rateLimit?: boolean;
  /** Words that must hold for every port: `drop`, `reject-rst,stateful`. */
  readonly expect?: string;
}

const DEFAULT_PORTS = '22,80,443';
/** Each test of a pair has its own source port: no filter takes it for part of another's connection. */
const SOURCE_PORTS = 128;

/** The records of `firewall`, as many at a time as there are. */
export const firewallInBatches: BatchCommand<FirewallOptions, FirewallRecord> = inBatches(async (options, machine) => {
  const expected = parseGuardExpectations(options.expect);
  const run = await preparePairs('firewall', options, DEFAULT_PORTS, machine.random);
  craftSyn(run.spec, ETHERNET);
  return {
    run,
    needs: { sourcePortCount: SOURCE_PORTS, ports: 'reserved' },
    start: ({ open, queue, counter }) => {
      const session = new FirewallSession({
        ...run,
        routes: open.routes,
        sourcePorts: open.sourcePorts,
        key: randomKey(machine.random),
        searchRate: options.rateLimit === true,
        onTarget: (evidence) => {
          for (const record of guardRecords(evidence, run.ports, expected)) {
            counter.count({ state: stateOf(record), attempts: record.tests.length });
            queue.push(record);
          }
        },
      });
      return { session, stats: () => session.stats, warmsUp: true };
    },
  };
});

/**
 * Tests how each (target, port) pair is guarded. Yields the run record, one record for each port once all
 * of its target are known, and the summary. Throws and ends early as `probe` does.
 */
export const firewall: Command<FirewallOptions, FirewallRecord> = oneByOne(firewallInBatches);

/** What a policy amounts to in the words of `probe`: the summary counts these. */
function stateOf({ policy }: FirewallPortRecord): PortState {
  if (policy === 'open' || policy === 'error') return policy;
  return policy === 'closed' || policy === 'reject-rst' ? 'closed' : 'filtered';
}
