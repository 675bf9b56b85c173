import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

import { recordSchema } from '../../scripts/record-schema.ts';
import { isLiteral, readType } from '../../scripts/record-types.ts';
import { fieldsOf } from '../../src/records/shape.ts';
import { COMMAND_RECORDS, SHAPES } from '../../src/records/shapes.ts';

const RECORDS = [...new Set(Object.values(COMMAND_RECORDS).flatMap(({ records }) => records))];
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
ajv.addSchema(recordSchema(true), 'strict');
/** By the names of shapes: to look one up takes longer than to validate. */
const validators = new Map<string, ValidateFunction>();
/** By the names of shapes: fields in their order, and their types. */
const fields = new Map(Object.keys(SHAPES).map((name) => [name, typesOf(name)] as const));
/** The schema that users get. */
export const isRecord: ValidateFunction = ajv.compile(recordSchema());

/** Throws unless each is a record as declared: no field more or less, the types right, the fields in the declared order. */
export function conform(records: readonly object[]): void {
  for (const record of records) {
    const problems = problemsOf(record);
    if (problems.length > 0) throw new Error(`${problems.join('; ')}: ${JSON.stringify(record)}`);
  }
}

/** What is wrong with a record; empty for one as declared. */
export function problemsOf(record: object): readonly string[] {
  const type = 'type' in record ? String(record.type) : '';
  const candidates = RECORDS.filter((name) => fields.get(name)?.get('type') === `"${type}"`);
  const shape = candidates.find((name) => fits(name, record));
  if (shape !== undefined) return disorder(record, shape, type);
  if (candidates.length === 0) return [`no record of type "${type}"`];
  return candidates.flatMap((name) => errorsOf(name));
}

function validator(name: string): ValidateFunction {
  const known = validators.get(name) ?? (ajv.getSchema(`strict#/$defs/${name}`) as ValidateFunction);
  validators.set(name, known);
  return known;
}

function fits(name: string, value: unknown): boolean {
  return validator(name)(value);
}

/** Of the last validation. */
function errorsOf(name: string): readonly string[] {
  const { errors = [] } = validator(name);
  return (errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${name}${instancePath} ${message} ${JSON.stringify(params)}; a new word or field? run scripts/reference`,
  );
}

function typesOf(name: string): ReadonlyMap<string, string> {
  const shape = SHAPES[name];
  const declared = shape === undefined ? [] : fieldsOf(shape);
  return new Map(declared.map(([field, [type]]) => [field.replace(/\?$/, ''), type]));
}

/** Objects whose fields stand in another order than declared, of a value that fits the type. */
function disorder(value: unknown, type: string, place: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const item = readType(type).find(({ many, name }) => many !== 'one' && value.every((one) => isOf(name, one)));
    return item === undefined ? [] : value.flatMap((one, index) => disorder(one, item.name, `${place}[${index}]`));
  }
  const name = readType(type).find((one) => one.many === 'one' && isOf(one.name, value))?.name ?? '';
  const shape = SHAPES[name];
  if (shape?.$is !== undefined) return disorder(value, shape.$is, place);
  return fieldDisorder(value as Readonly<Record<string, unknown>>, name, place);
}

function fieldDisorder(value: Readonly<Record<string, unknown>>, name: string, place: string): readonly string[] {
  const types = fields.get(name) ?? new Map<string, string>();
  const order = Object.keys(value);
  const declared = [...types.keys()].filter((field) => field in value);
  const own = declared.every((field, index) => order[index] === field) ? [] : [`${place}: fields in the order ${order.join()}`];
  const inner = order.filter((field) => typeof value[field] === 'object' && value[field] !== null);
  return [...own, ...inner.flatMap((field) => disorder(value[field], types.get(field) ?? '', `${place}.${field}`))];
}

function isOf(name: string, value: unknown): boolean {
  return !isLiteral(name) && name in SHAPES && fits(name, value);
}
