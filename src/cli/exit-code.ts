import { EXIT_CODES } from '../errors.ts';

type ExitName = 'done' | 'expectationFailed' | 'notPermitted' | 'defect' | 'interrupted' | 'closedPipe';

/** How the process ends; `EXIT_CODES` in errors.ts has those of known errors (2, 3 and 4). */
export const ExitCode: Readonly<Record<ExitName, number>> = {
  done: 0,
  expectationFailed: 1,
  /** No engine can run here. */
  notPermitted: EXIT_CODES['not-permitted'],
  /** A defect of synscope itself (EX_SOFTWARE in sysexits.h). */
  defect: 70,
  interrupted: 130,
  /** The reader of a pipe went away: what a shell reports of a program that SIGPIPE ended. */
  closedPipe: 141,
};
