import type { Field, ObjectShape } from './shape.ts';

/** The CSV columns of a record, and its row. */
export interface Columns {
  readonly names: readonly string[];
  /** A cell for each column, empty for null; null for records of other types, which have no row. */
  readonly row: (record: object) => readonly string[] | null;
}

interface Column {
  readonly name: string;
  readonly path: readonly Step[];
}

/** A field, or with `picked` the option of that name in a list. */
interface Step {
  readonly field: string;
  readonly picked: string | null;
}

const SEPARATOR = ';';

/** The columns of a command whose main record has this shape, in the order of its fields. */
export function columnsOf({ fields }: ObjectShape): Columns {
  const { type = ['""', ''], ...others } = fields;
  const columns = Object.entries(others).flatMap(([name, field]) => fieldColumns(name, field));
  return {
    names: columns.map(({ name }) => name),
    row: (record) => {
      if (!('type' in record) || `"${cell(record.type)}"` !== type[0]) return null;
      return columns.map(({ path }) => cell(path.reduce<unknown>(take, record)));
    },
  };
}

function fieldColumns(name: string, [, , columns]: Field): readonly Column[] {
  const field = name.replace(/\?$/, '');
  if (columns === undefined) return [{ name: field, path: [step(field)] }];
  const items = columns.split(' ').filter((item) => item !== '');
  return items.map((item) => {
    const [title = '', path = title] = item.split('=');
    return { name: title, path: [step(field), ...path.split('.').map(step)] };
  });
}

function step(text: string): Step {
  const [, field = text, picked = null] = /^(\w+)\[(\w+)\]$/.exec(text) ?? [];
  return { field, picked };
}

function take(value: unknown, { field, picked }: Step): unknown {
  if (!isObject(value)) return null;
  const found = value[field];
  if (picked === null) return found;
  return Array.isArray(found) ? found.find((item) => isObject(item) && item['name'] === picked) : null;
}

function cell(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(cell).join(SEPARATOR);
  return isObject(value) ? objectText(value) : '';
}

/** A finding by its code, a change by its field and values, a remark by its text. */
function objectText(value: Readonly<Record<string, unknown>>): string {
  if ('code' in value) return cell(value['code']);
  if ('field' in value) return `${cell(value['field'])}=${cell(value['sent'])}>${cell(value['seen'])}`;
  return 'text' in value ? cell(value['text']) : JSON.stringify(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
