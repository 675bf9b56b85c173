import { fieldsOf, type Shape } from '../src/records/shape.ts';
import { COMMAND_RECORDS, SHAPES } from '../src/records/shapes.ts';
import { WORDS, type WordList } from './record-words.ts';
import { type Alternative, isLiteral, readType, SCALARS } from './record-types.ts';

type Json = { readonly [key: string]: unknown };

/** The JSON Schema (draft 2020-12) of one line of output. With `strict` objects have no fields but those that are declared. */
export function recordSchema(strict: boolean = false): Json {
  const records = [...new Set(Object.values(COMMAND_RECORDS).flatMap((command) => command.records))];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'synscope records, schema 1',
    description: 'One line of `synscope --json`. Fields may be added at any time; those that are here stay.',
    anyOf: records.map(reference),
    $defs: { ...mapValues(SHAPES, (shape) => shapeSchema(shape, strict)), ...mapValues(WORDS, wordSchema) },
  };
}

function shapeSchema(shape: Shape, strict: boolean): Json {
  return { description: shape.$about, ...(shape.$is === undefined ? objectSchema(shape, strict) : typeSchema(shape.$is)) };
}

function objectSchema(shape: Shape, strict: boolean): Json {
  const names = fieldsOf(shape).map(([name]) => name);
  const properties = fieldsOf(shape).map(([name, [type, sentence]]) => [
    name.replace(/\?$/, ''),
    { description: sentence, ...typeSchema(type) },
  ]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: names.filter((name) => !name.endsWith('?')),
    ...(strict ? { additionalProperties: false } : {}),
  };
}

function typeSchema(type: string): Json {
  const alternatives = readType(type);
  if (alternatives.every(({ name, many }) => isLiteral(name) && many === 'one') && alternatives.length > 1)
    return { enum: alternatives.map(({ name }) => JSON.parse(name) as unknown) };
  const [first, ...others] = alternatives.map(alternativeSchema);
  return first !== undefined && others.length === 0 ? first : { anyOf: [first, ...others] };
}

function alternativeSchema({ name, many }: Alternative): Json {
  const item = nameSchema(name);
  if (many === 'one') return item;
  return many === 'list'
    ? { type: 'array', items: item }
    : { type: 'array', prefixItems: [item, item], minItems: 2, maxItems: 2 };
}

function nameSchema(name: string): Json {
  if (isLiteral(name)) return { const: JSON.parse(name) as unknown };
  if (name in SCALARS) return SCALARS[name as keyof typeof SCALARS].schema;
  if (name in WORDS || name in SHAPES) return reference(name);
  throw new Error(`no such type: ${name}`);
}

function wordSchema(words: WordList): Json {
  const names = Object.keys(words);
  const open = names.filter((name) => name.endsWith('*'));
  const closed = { enum: names.filter((name) => !name.endsWith('*')) };
  if (open.length === 0) return closed;
  return {
    anyOf: [closed, ...open.map((name) => ({ type: 'string', pattern: `^${name.slice(0, -1).replaceAll('.', '\\.')}.` }))],
  };
}

function reference(name: string): Json {
  return { $ref: `#/$defs/${name}` };
}

function mapValues<T>(table: Readonly<Record<string, T>>, change: (value: T) => Json): Json {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value)]));
}
