import { type CommandName, COMMANDS, DEFAULT_COMMAND, isCommandName } from './commands.ts';
import type { Environment } from './environment.ts';
import { ExitCode } from './exit-code.ts';
import { describeFailure } from './failure.ts';
import type { AnyFlagTable } from './flags/flag.ts';
import { firstOperand } from './parse/bound-words.ts';
import { openResults } from './results.ts';

/** A command line cut in two. */
interface Asked {
  /** Null when no command was named. */
  readonly command: CommandName | null;
  readonly words: readonly string[];
}

/** Runs `synscope` with the words behind its name; resolves with the exit code and never rejects. All it does passes through `environment`. */
export async function main(argv: readonly string[], environment: Environment): Promise<number> {
  try {
    const { command, words } = splitCommand(argv);
    const information = await informationFor(command, words, environment.version);
    if (information !== null) return await printed(information, environment);
    return await COMMANDS[command ?? DEFAULT_COMMAND].run(words, environment);
  } catch (error) {
    const { text, code } = describeFailure(error);
    environment.stderr.write(text);
    return code;
  }
}

/** The first word that is neither a flag nor a flag's value is the command if it names one. */
function splitCommand(argv: readonly string[]): Asked {
  const index = firstOperand(argv, allFlags());
  const word = argv[index] ?? '';
  return isCommandName(word) ? { command: word, words: argv.toSpliced(index, 1) } : { command: null, words: argv };
}

/** The flags of all commands; those that share a name take a value in all of them or in none. */
function allFlags(): AnyFlagTable {
  return Object.assign({}, ...Object.values(COMMANDS).map(({ flags }) => flags)) as AnyFlagTable;
}

/** The text that `--help` or `--version` asks for, whatever else is wrong with the words; null when neither is there. */
async function informationFor(command: CommandName | null, words: readonly string[], version: string): Promise<string | null> {
  const end = words.indexOf('--');
  const flags = end < 0 ? words : words.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h')) {
    const { commandText, overviewText } = await import('./help.ts');
    return command === null ? overviewText(version) : commandText(command);
  }
  return flags.includes('--version') ? `synscope ${version}\n` : null;
}

async function printed(text: string, environment: Environment): Promise<number> {
  const results = openResults(undefined, environment);
  await results.sink.write(text);
  return (await results.finish()) ? ExitCode.done : ExitCode.closedPipe;
}
