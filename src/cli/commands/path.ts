import { createJsonLines } from '../../report/json.ts';
import type { PathCommandRecord } from '../../records/path/records.ts';
import { createPathText } from '../../report/path/path-text.ts';
import type { CommandRun, PathCommandOptions } from '../commands.ts';
import { PATH_FLAGS } from '../flags/path-flags.ts';
import { chooseFormat, optionsIn, runRecords } from '../run-records.ts';
import { withToken } from '../token-variable.ts';

/** `synscope path`: traces and writes hops and paths as they become final. */
export const runPath: CommandRun<PathCommandOptions> = async ({ operands, options }, environment) => {
  const format = chooseFormat(options);
  return runRecords<PathCommandRecord>(
    {
      begin: async (steering) => {
        const path = await environment.jobs.path();
        return path({ ...steering, ...withToken(optionsIn(options, PATH_FLAGS), environment), targets: operands });
      },
      reporter: format === 'json' ? createJsonLines : createPathText,
      missOf: () => null,
    },
    options,
    environment,
  );
};
