import type { Command } from '../src/cli/command.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { type Flag, flagName } from '../src/cli/flags/flag.ts';

const INTRODUCTION = `# Command line

<!-- Written by scripts/reference from the tables in src/cli/. Change those, then run it. -->

    synscope [COMMAND] TARGET... [OPTIONS]

Without a command, \`probe\` is meant. A target that has the name of a command needs it: \`synscope probe doctor\`.
An option takes its value as \`--ttl 40\` or \`--ttl=40\`. A switch that is on by default has a form that turns it off, such as \`--no-color\`.
\`synscope --help\` and \`synscope COMMAND --help\` print the same tables. What a run can exit with is in [exit-codes.md](exit-codes.md), what it prints as JSON in
[records.md](records.md).
`;

/** The reference page of all commands and their options, in Markdown. */
export function commandLinePage(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `| [\`${name}\`](#${name}) | ${cell(summary)} |`);
  const overview = ['| command | job |', '|---|---|', ...rows].join('\n');
  const sections = Object.entries(COMMANDS).map(([name, command]) => commandSection(name, command));
  return [INTRODUCTION, `${overview}\n`, ...sections].join('\n');
}

function commandSection(command: string, { summary, operands, about, flags, examples }: Command): string {
  const groups = [...new Set(Object.values(flags).map(({ group }) => group))];
  const tables = groups.map((name) => {
    const members = Object.entries(flags).filter(([, { group }]) => group === name);
    return [`**${name}**`, '', ...flagTable(members), ''].join('\n');
  });
  const usage = `    synscope ${command} ${operands} [OPTIONS]\n`;
  const words = examples.map(([line, does]) => `    synscope ${line.padEnd(longest(examples))}  # ${does}`);
  return [`## ${command}\n`, usage, `${sentence(summary)} ${about}\n`, `${words.join('\n')}\n`, ...tables].join('\n');
}

function flagTable(members: readonly (readonly [string, Flag<unknown>])[]): string[] {
  const rows = members.map(([key, flag]) => {
    const byDefault = flag.defaultText === null ? '' : cell(flag.defaultText);
    return `| ${flagSyntax(key, flag)} | ${cell(flag.description)} | ${byDefault} |`;
  });
  return ['| option | meaning | default |', '|---|---|---|', ...rows];
}

/** `-p`, `--ports LIST`; a switch with two sides as both of them. */
function flagSyntax(key: string, { short, negatable, argument }: Flag<unknown>): string {
  const name = flagName(key);
  const value = argument === null ? '' : ` ${argument}`;
  const forms = [...(short === null ? [] : [`-${short}`]), `--${name}${value}`, ...(negatable ? [`--no-${name}`] : [])];
  return forms.map((form) => `\`${form}\``).join(', ');
}

function longest(examples: Command['examples']): number {
  return Math.max(...examples.map(([line]) => line.length));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('?') ? '' : '.'}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
