import { FORMATS } from '../../report/formats.ts';
import type { ProbeRecord } from '../../records/probe/records.ts';
import type { CommandRun, ProbeCommandOptions } from '../commands.ts';
import { RUN_FLAGS } from '../flags/probe-flags.ts';
import { withToken } from '../token-variable.ts';
import { chooseFormat, optionsIn, runRecords } from '../run-records.ts';

/** `synscope probe`: runs the probe and writes its records as they come. */
export const runProbe: CommandRun<ProbeCommandOptions> = async ({ operands, options }, environment) => {
  const chosen = chooseFormat(options);
  const format = FORMATS[options.dryRun === true ? 'json' : chosen];
  const openOnly = options.open === true;
  return runRecords<ProbeRecord>(
    {
      begin: async (steering, { progress }) => {
        const probe = await environment.jobs.probe();
        return probe({
          ...steering,
          ...withToken(optionsIn(options, RUN_FLAGS), environment),
          targets: operands,
          ...(progress === null ? {} : { onProgress: progress }),
          // What is not to be reported need not come here.
          ...(openOnly ? { openOnly: format.needsOpenAlone } : {}),
        });
      },
      reporter: (style) => format.create({ ...style, openOnly }),
      missOf: missedExpectation,
    },
    options,
    environment,
  );
};

function missedExpectation(record: ProbeRecord): string | null {
  if (record.type !== 'port' || record.expectation === null || record.expectation.met) return null;
  return `${record.target}:${record.port}: ${record.expectation.why ?? 'not as expected'}`;
}
