import { wrapSentence } from '../report/text/wrap.ts';
import type { Command, CommandName } from './command.ts';
import { COMMANDS } from './commands.ts';
import { type Flag, type FlagGroup, flagName } from './flags/flag.ts';

/** Help is 80 columns wide on every terminal: it can be compared and quoted. */
const COLUMNS = 80;
const FLAG_WIDTH = 30;

const HEADINGS: Readonly<Record<FlagGroup, string>> = {
  Targets: 'Targets',
  Tracing: 'Tracing',
  Handshake: 'The handshake and what follows',
  MSS: 'What is offered and asked for',
  Responder: 'Responder at the other end',
  Crafting: 'Crafting the SYN',
  Timing: 'Timing and load',
  Expectations: 'Expectations (each miss is a line on stderr, and the exit code 1)',
  Output: 'Output',
  General: 'General',
};

const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'an expectation was not met'],
  ['2', 'usage: an option, target or file that cannot be accepted'],
  ['3', 'not permitted, or no engine can run here'],
  ['4', 'the run failed: interface lost, no route to any target, results not written'],
  ['70', 'a defect in synscope'],
  ['130', 'interrupted: what was known has been printed'],
  ['141', 'the reader of a pipe closed it'],
];

/** `synscope --help`: what there is. */
export function overviewText(version: string): string {
  const lines = [
    ...wrapSentence(
      '',
      `synscope ${version}: probes TCP ports with crafted SYNs and says what came back, why, and how sure that is`,
      COLUMNS,
    ),
    '',
    'Usage: synscope [COMMAND] TARGET... [OPTIONS]',
    '',
    'Commands:',
    ...Object.entries(COMMANDS).flatMap(([name, { summary }]) => wrapSentence(`  ${name.padEnd(9)} `, summary, COLUMNS)),
    ...wrapSentence(
      '',
      'Without a command, probe is meant. A target with the name of a command needs it: synscope probe doctor.',
      COLUMNS,
    ),
    '',
    ...exampleLines(Object.values(COMMANDS).flatMap(({ examples }) => examples)),
    '',
    ...exitCodeLines(),
    '',
    'See synscope COMMAND --help for the options of a command.',
  ];
  return `${lines.join('\n')}\n`;
}

/** `synscope COMMAND --help`: every flag of it. */
export function commandText(name: CommandName): string {
  const { summary, operands, about, flags, examples }: Command = COMMANDS[name];
  const groups = Object.keys(HEADINGS) as FlagGroup[];
  const lines = [
    `Usage: synscope ${name} ${operands} [OPTIONS]`,
    '',
    ...wrapSentence('', `${summary}.`, COLUMNS),
    ...wrapSentence('', about, COLUMNS),
    ...groups.flatMap((group) =>
      groupLines(
        HEADINGS[group],
        Object.entries(flags).filter(([, flag]) => flag.group === group),
      ),
    ),
    '',
    ...exampleLines(examples),
    '',
    ...exitCodeLines(),
  ];
  return `${lines.join('\n')}\n`;
}

/** A flag as it is written in help and documentation: `-p, --ports LIST`, `--[no-]df`. */
function flagSyntax(key: string, { short, negatable, argument }: Flag<unknown>): string {
  const letter = short === null ? '' : `-${short}, `;
  return `${letter}--${negatable ? '[no-]' : ''}${flagName(key)}${argument === null ? '' : ` ${argument}`}`;
}

/** What a flag does, and what holds without it. */
function flagMeaning({ description, defaultText }: Flag<unknown>): string {
  return defaultText === null ? description : `${description} (default: ${defaultText})`;
}

function groupLines(heading: string, flags: readonly (readonly [string, Flag<unknown>])[]): string[] {
  if (flags.length === 0) return [];
  return ['', `${heading}:`, ...flags.flatMap(([key, flag]) => flagLines(key, flag))];
}

function flagLines(key: string, flag: Flag<unknown>): string[] {
  const indent = flag.short === null ? '      ' : '  ';
  const lead = `${indent}${flagSyntax(key, flag)}  `.padEnd(FLAG_WIDTH);
  return wrapSentence(lead, flagMeaning(flag), COLUMNS);
}

function exampleLines(examples: Command['examples']): string[] {
  return ['Examples:', ...examples.flatMap(([words, does]) => [`  synscope ${words}`, ...wrapSentence('      ', does, COLUMNS)])];
}

function exitCodeLines(): string[] {
  return ['Exit codes:', ...EXIT_CODES.flatMap(([code, meaning]) => wrapSentence(`  ${code.padStart(3)}  `, meaning, COLUMNS))];
}
