import { createJsonLines } from '../../report/json.ts';
import { createRespondText } from '../../report/respond/respond-text.ts';
import type { RespondRecord } from '../../records/respond/records.ts';
import { SynscopeError } from '../../errors.ts';
import type { CommandRun, RespondCommandOptions } from '../commands.ts';
import { RESPOND_FLAGS } from '../flags/respond-flags.ts';
import { chooseFormat, optionsIn, runRecords } from '../run-records.ts';
import { withToken } from '../token-variable.ts';

/** `synscope respond`: answers those who have the token, and writes an account of each attempt. */
export const runRespond: CommandRun<RespondCommandOptions> = async ({ operands, options }, environment) => {
  const format = chooseFormat(options);
  const [operand] = operands;
  if (operand !== undefined)
    throw new SynscopeError('usage', `"${operand}": respond takes no targets, it answers whoever has the token`);
  const { listenPorts } = options;
  if (listenPorts === undefined)
    throw new SynscopeError('usage', 'no --listen-ports: expected ports to answer on, such as 80,443,8000-8010');
  return runRecords<RespondRecord>(
    {
      begin: async (steering) => {
        const respond = await environment.jobs.respond();
        return respond(withToken({ ...steering, ...optionsIn(options, RESPOND_FLAGS), listenPorts }, environment));
      },
      reporter: (style) => (format === 'json' ? createJsonLines() : createRespondText(style)),
      missOf: () => null,
    },
    options,
    environment,
  );
};
