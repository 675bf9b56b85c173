import { EXIT_CODES, SynscopeError } from '../errors.ts';

/** How the process ends; `EXIT_CODES` in errors.ts has those of known errors (2, 3 and 4). */
export const ExitCode: {
  readonly [name in 'done' | 'expectationFailed' | 'notPermitted' | 'defect' | 'interrupted' | 'closedPipe']: number;
} = {
  done: 0,
  expectationFailed: 1,
  /** No engine can run here. */
  notPermitted: EXIT_CODES['not-permitted'],
  /** A defect of synscope itself (EX_SOFTWARE in sysexits.h). */
  defect: 70,
  interrupted: 130,
  /** The reader of a pipe closed it: what a shell reports of a program that SIGPIPE ended. */
  closedPipe: 141,
};

/**
 * The error's message, its hint below; bad input is one line. An unknown error, a defect, shows its stack.
 */
export function describeFailure(error: unknown): { readonly text: string; readonly code: number } {
  if (!(error instanceof SynscopeError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { text: `synscope: this is a defect in synscope, please report it:\n${stack}\n`, code: ExitCode.defect };
  }
  const message = `synscope: ${visible(error.message)}\n`;
  if (error.hint === null) return { text: message, code: error.exitCode };
  if (error.code === 'usage') return { text: `${message.trimEnd()} (${visible(error.hint)})\n`, code: error.exitCode };
  const hint = error.hint.split('\n').map((line) => `  ${visible(line)}\n`);
  return { text: message + hint.join(''), code: error.exitCode };
}

/** One printable line: control characters, which move a terminal's cursor or end a line, as `\xNN`. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
