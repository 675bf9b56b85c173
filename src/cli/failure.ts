import { SynscopeError } from '../errors.ts';
import { ExitCode } from './exit-code.ts';

/** What is said on stderr, and how the process ends. */
export interface Failure {
  readonly text: string;
  readonly code: number;
}

/** The error's message, with its hint below where there is one; bad input is one line. An unknown error shows its stack: it is a defect. */
export function describeFailure(error: unknown): Failure {
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
