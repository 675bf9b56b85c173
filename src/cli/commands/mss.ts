import { createJsonLines } from '../../report/json.ts';
import type { MssRunRecord } from '../../records/mss/records.ts';
import { createMssText } from '../../report/mss/mss-text.ts';
import type { CommandRun, MssCommandOptions } from '../commands.ts';
import { MSS_FLAGS } from '../flags/mss-flags.ts';
import { withToken } from '../token-variable.ts';
import { chooseFormat, optionsIn, runRecords } from '../run-records.ts';

/** `synscope mss`: measures what becomes of the MSS in each direction. */
export const runMss: CommandRun<MssCommandOptions> = ({ operands, options }, environment) => {
  const format = chooseFormat(options);
  return runRecords<MssRunRecord>(
    {
      begin: async (steering) => {
        const mss = await environment.jobs.mss();
        return mss({ ...steering, ...withToken(optionsIn(options, MSS_FLAGS), environment), targets: operands });
      },
      reporter: (style) => (format === 'json' ? createJsonLines() : createMssText(style)),
      missOf: missedExpectation,
    },
    options,
    environment,
  );
};

function missedExpectation(record: MssRunRecord): string | null {
  if (record.type !== 'mss' || record.pass !== false) return null;
  return `${record.target}:${record.port}: ${record.why ?? 'not as expected'}`;
}
