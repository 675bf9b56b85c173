import { wrapSentence } from '../report/text/wrap.ts';
import type { Command, CommandName } from './command.ts';
import { COMMANDS } from './commands.ts';
import { type Flag, FLAG_GROUPS, flagName } from './flags/flag.ts';

const FLAG_WIDTH = 30;

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
    ...wrapped(`synscope ${version}: probes TCP ports with crafted SYNs and says what came back, why, and how sure that is`),
    '',
    'Usage: synscope [COMMAND] TARGET... [OPTIONS]',
    '',
    'Commands:',
    ...Object.entries(COMMANDS).flatMap(([name, { summary }]) => wrapped(summary, `  ${name.padEnd(9)} `)),
    ...wrapped('Without a command, probe is meant. A target with the name of a command needs it: synscope probe doctor.'),
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
  const lines = [
    `Usage: synscope ${name} ${operands} [OPTIONS]`,
    '',
    ...wrapped(`${summary}.`),
    ...wrapped(about),
    ...Object.entries(FLAG_GROUPS).flatMap(([group, heading]) => {
      const inside = Object.entries(flags).filter(([, flag]) => flag.group === group);
      return inside.length === 0 ? [] : ['', `${heading}:`, ...inside.flatMap(([key, flag]) => flagLines(key, flag))];
    }),
    '',
    ...exampleLines(examples),
    '',
    ...exitCodeLines(),
  ];
  return `${lines.join('\n')}\n`;
}

/** `-p, --ports LIST`, or `--[no-]df`, then what it does, and what holds without it. */
function flagLines(key: string, { short, negatable, argument, description, defaultText }: Flag<unknown>): string[] {
  const letter = short === null ? '      ' : `  -${short}, `;
  const syntax = `${letter}--${negatable ? '[no-]' : ''}${flagName(key)}${argument === null ? '' : ` ${argument}`}  `;
  const meaning = defaultText === null ? description : `${description} (default: ${defaultText})`;
  return wrapped(meaning, syntax.padEnd(FLAG_WIDTH));
}

function exampleLines(examples: Command['examples']): string[] {
  return ['Examples:', ...examples.flatMap(([words, does]) => [`  synscope ${words}`, ...wrapped(does, '      ')])];
}

function exitCodeLines(): string[] {
  return ['Exit codes:', ...EXIT_CODES.flatMap(([code, meaning]) => wrapped(meaning, `  ${code.padStart(3)}  `))];
}

/** Help is 80 columns wide on every terminal: it can be compared and quoted. */
function wrapped(text: string, lead = ''): string[] {
  return wrapSentence(lead, text, 80);
}
