import { doctorText } from '../../report/doctor/doctor-text.ts';
import type { CommandRun } from '../commands.ts';
import type { DoctorFlagOptions } from '../flags/doctor-flags.ts';
import { ExitCode } from '../exit-code.ts';
import { openResults } from '../results.ts';

/** `synscope doctor`: shows what was found; exit 3 when no engine can run here. */
export const runDoctor: CommandRun<DoctorFlagOptions> = async ({ operands, options }, environment) => {
  const inspectHost = await environment.jobs.doctor();
  const record = await inspectHost(operands);
  const results = openResults(undefined, environment);
  const { isTerminal, columns } = environment.stdout;
  const text = options.json === true ? `${JSON.stringify(record)}\n` : doctorText(record, isTerminal ? columns() : undefined);
  await results.sink.write(text);
  if (!(await results.finish())) return ExitCode.closedPipe;
  return record.usable ? ExitCode.done : ExitCode.notPermitted;
};
