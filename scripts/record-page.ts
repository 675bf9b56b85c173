import { fieldsOf, type Shape } from '../src/records/shape.ts';
import { COMMAND_RECORDS, commandColumns, type RecordCommand, SHAPES } from '../src/records/shapes.ts';
import { WORDS, type WordList } from './record-words.ts';
import { type Alternative, isLiteral, readType, SCALARS } from './record-types.ts';

const INTRODUCTION = `# Records

\`--json\` writes one object a line, \`type\` first, the other fields in the order of the tables below. A value that is unknown or does not apply is \`null\`; a field is never left out, but for
those marked optional. Times are milliseconds, wall-clock times ISO 8601, addresses text, bytes lower-case hex. Fields may be added at any time; those that are here stay.

[schema/records-1.json](../../schema/records-1.json) is the JSON Schema of a line (draft 2020-12). The functions of the library yield the same objects.

Written by \`scripts/reference\` from the declarations in \`src/records/\`; a test compares.`;

/** The reference page of all records, Markdown. */
export function recordPage(): string {
  const records = new Set(Object.values(COMMAND_RECORDS).flatMap((command) => command.records));
  const shapes = Object.entries(SHAPES);
  const main = [...records].flatMap((record) => shapes.filter(([name]) => name === record));
  const parts = shapes.filter(([name]) => !records.has(name));
  return `${[
    INTRODUCTION,
    '## Records of each command',
    commandTable(),
    '## Records',
    ...main.flatMap(shapeSection),
    '## Parts of records',
    ...parts.flatMap(shapeSection),
    '## Words',
    ...Object.entries(WORDS).flatMap(wordSection),
    '## CSV columns',
    'One row for each main record; a cell is empty for null, and items of a list are separated by `;`. A finding is its code, a change `FIELD=SENT>SEEN`.',
    columnTable(),
  ].join('\n\n')}\n`;
}

function commandTable(): string {
  const rows = Object.entries(COMMAND_RECORDS).map(([command, { records }]) => [`\`${command}\``, records.map(link).join(', ')]);
  return table(['command', 'records in their order'], rows);
}

function columnTable(): string {
  const rows = Object.keys(COMMAND_RECORDS).map((command) => [
    `\`${command}\``,
    commandColumns(command as RecordCommand)
      .names.map((name) => `\`${name}\``)
      .join(' '),
  ]);
  return table(['command', 'columns'], rows);
}

function shapeSection([name, shape]: readonly [string, Shape]): readonly string[] {
  if (shape.$is !== undefined) return [`### ${name}`, shape.$about, `One of: ${typeText(shape.$is)}.`];
  const rows = fieldsOf(shape).map(([field, [type, sentence]]) => [
    `\`${field.replace(/\?$/, '')}\``,
    typeText(type) + (field.endsWith('?') ? ', optional' : ''),
    sentence,
  ]);
  return [`### ${name}`, shape.$about, table(['field', 'type', 'meaning'], rows)];
}

function wordSection([name, words]: readonly [string, WordList]): readonly string[] {
  const rows = Object.entries(words).map(([word, meaning]) => [`\`${word}\``, meaning]);
  return [`### ${name}`, table(['word', 'meaning'], rows)];
}

function typeText(type: string): string {
  const texts = readType(type).map(alternativeText);
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

function alternativeText({ name, many }: Alternative): string {
  const text = nameText(name);
  if (many === 'one') return text;
  return many === 'list' ? `list of ${text}` : `pair of ${text}`;
}

function nameText(name: string): string {
  if (isLiteral(name)) return `\`${name}\``;
  return name in SCALARS ? SCALARS[name as keyof typeof SCALARS].words : link(name);
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}
