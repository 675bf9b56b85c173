import type { CommandName } from './command.ts';
import { COMMANDS, DEFAULT_COMMAND, isCommandName } from './commands.ts';
import type { Environment } from './environment.ts';
import { describeFailure, ExitCode } from './exit.ts';
import type { AnyFlagTable } from './flags/flag.ts';
import { type ParsedWords, parseWords, readOptions } from './parse/parse-words.ts';
import { openResults } from './results.ts';

/** Runs `synscope` with the words behind its name. Resolves with the exit code; never rejects. */
export async function main(argv: readonly string[], environment: Environment): Promise<number> {
  try {
    const words = parseWords(argv, allFlags());
    const named = words.operands[0] ?? '';
    const isNamed = isCommandName(named);
    const information = await informationFor(isNamed ? named : null, words, environment.version);
    if (information !== null) return await printed(information, environment);
    const name = isNamed ? named : DEFAULT_COMMAND;
    const command = COMMANDS[name];
    const { operands, options } = readOptions(words, command.flags);
    const { runCommand } = await import('./run-command.ts');
    return await runCommand({ name, command, operands: isNamed ? operands.slice(1) : operands, options }, environment);
  } catch (error) {
    const { text, code } = describeFailure(error);
    environment.stderr.write(text);
    return code;
  }
}

/** The flags of all commands; those that share a name take a value in all of them or in none. */
function allFlags(): AnyFlagTable {
  return Object.assign({}, ...Object.values(COMMANDS).map(({ flags }) => flags)) as AnyFlagTable;
}

/** The text that `--help` or `--version` asks for, even among wrong words; null when neither is there. */
async function informationFor(command: CommandName | null, words: ParsedWords, version: string): Promise<string | null> {
  if (words.flags.has('help') || words.flags.has('h')) {
    const { commandText, overviewText } = await import('./help.ts');
    return command === null ? overviewText(version) : commandText(command);
  }
  return words.flags.has('version') ? `synscope ${version}\n` : null;
}

async function printed(text: string, environment: Environment): Promise<number> {
  const results = openResults(undefined, environment);
  await results.sink.write(text);
  return (await results.finish()) ? ExitCode.done : ExitCode.closedPipe;
}
