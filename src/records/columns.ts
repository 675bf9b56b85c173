import { type Field, fieldsOf, type Shape } from './shape.ts';

/** The CSV columns of a record, and its row. */
export interface Columns {
  readonly names: readonly string[];
  /** A cell for each column, empty for null; null for records of other types, which have no row. */
  readonly row: (record: object) => readonly string[] | null;
}

interface Column {
  readonly name: string;
  /** A field, then fields in it. `options[mss]` is the item of the list that has this name. */
  readonly path: readonly string[];
}

const SEPARATOR = ';';

/** The columns of a command whose main record has this shape, in the order of its fields. */
export function columnsOf(shape: Shape): Columns {
  const [type, ...others] = fieldsOf(shape);
  const columns = others.flatMap(([name, field]) => fieldColumns(name.replace(/\?$/, ''), field));
  return {
    names: columns.map(({ name }) => name),
    row: (record) => {
      if (!('type' in record) || `"${cell(record.type)}"` !== type?.[1][0]) return null;
      return columns.map(({ path }) => cell(path.reduce<unknown>(take, record)));
    },
  };
}

function fieldColumns(field: string, [, , columns = `${field}=`]: Field): readonly Column[] {
  return columns.split(' ').flatMap((item) => {
    const [, prefix, name = '', path = name] = /^(\+?)(\w+)(?:=(.*))?$/.exec(item) ?? [];
    if (name === '') return [];
    const title = prefix === '' ? name : field + name.charAt(0).toUpperCase() + name.slice(1);
    return [{ name: title, path: [field, ...path.split('.')].filter((step) => step !== '') }];
  });
}

function take(value: unknown, step: string): unknown {
  const [, field = step, picked] = /^(\w+)\[(\w+)\]$/.exec(step) ?? [];
  const found = isObject(value) ? value[field] : null;
  if (picked === undefined) return found;
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
