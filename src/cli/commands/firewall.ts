import { createFirewallReporter } from '../../report/firewall/firewall-text.ts';
import type { FirewallRecord } from '../../records/firewall/records.ts';
import { createJsonLines } from '../../report/json.ts';
import type { CommandRun, FirewallCommandOptions } from '../commands.ts';
import { FIREWALL_FLAGS } from '../flags/firewall-flags.ts';
import { chooseFormat, optionsIn, runRecords } from '../run-records.ts';

/** `synscope firewall`: tests how ports are guarded and writes a record for each. */
export const runFirewall: CommandRun<FirewallCommandOptions> = async ({ operands, options }, environment) => {
  const format = chooseFormat(options);
  return runRecords<FirewallRecord>(
    {
      begin: async (steering) => {
        const firewall = await environment.jobs.firewall();
        return firewall({ ...steering, ...optionsIn(options, FIREWALL_FLAGS), targets: operands });
      },
      reporter: (style) => (format === 'json' ? createJsonLines() : createFirewallReporter(style)),
      missOf: missedExpectation,
    },
    options,
    environment,
  );
};

function missedExpectation(record: FirewallRecord): string | null {
  if (record.type !== 'firewall' || record.expectation === null || record.expectation.met) return null;
  return `${record.target}:${record.port}: ${record.expectation.why ?? 'not as expected'}`;
}
