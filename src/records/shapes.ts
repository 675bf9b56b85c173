import { DOCTOR_SHAPES } from './doctor/records.ts';
import { FIREWALL_SHAPES } from './firewall/records.ts';
import { HANDSHAKE_SHAPES } from './handshake/records.ts';
import { MSS_SHAPES } from './mss/records.ts';
import { PATH_SHAPES } from './path/records.ts';
import { PROBE_SHAPES } from './probe/records.ts';
import { SHARED_SHAPES } from './records.ts';
import { RESPOND_SHAPES } from './respond/records.ts';
import { type Field, fieldsOf, type Shape } from './shape.ts';

/** Commands that yield records. */
export type RecordCommand = 'probe' | 'path' | 'mss' | 'handshake' | 'firewall' | 'respond' | 'doctor';

interface CommandRecords {
  /** In the order in which they come; names of `SHAPES`. */
  readonly records: readonly string[];
  /** What the command is run for: each is a row of its CSV. */
  readonly main: Shape;
}

/** The records of each command. No command loads this file when it starts. */
export const COMMAND_RECORDS: Readonly<Record<RecordCommand, CommandRecords>> = {
  probe: { records: ['run', 'port', 'summary', 'packet'], main: PROBE_SHAPES.port },
  path: { records: ['run', 'hop', 'path', 'summary'], main: PATH_SHAPES.hop },
  mss: { records: ['run', 'mss', 'summary'], main: MSS_SHAPES.mss },
  handshake: { records: ['run', 'segment', 'handshake', 'summary'], main: HANDSHAKE_SHAPES.handshake },
  firewall: { records: ['run', 'firewall', 'summary'], main: FIREWALL_SHAPES.firewall },
  respond: { records: ['respondRun', 'attempt', 'respondSummary'], main: RESPOND_SHAPES.attempt },
  doctor: { records: ['doctor'], main: DOCTOR_SHAPES.doctor },
};

/** Every shape by its name. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  ...SHARED_SHAPES,
  ...PROBE_SHAPES,
  ...PATH_SHAPES,
  ...MSS_SHAPES,
  ...HANDSHAKE_SHAPES,
  ...FIREWALL_SHAPES,
  ...RESPOND_SHAPES,
  ...DOCTOR_SHAPES,
};

/** The CSV columns of a record, and its row. */
interface Columns {
  readonly names: readonly string[];
  /** A cell for each column, empty for null; null for records of other types, which have no row. */
  readonly row: (record: object) => readonly string[] | null;
}

interface Column {
  readonly name: string;
  /** A field, then fields in it. `options[mss]` is the item of the list that has this name. */
  readonly path: readonly string[];
}

/** The CSV columns of a command, in the order of the fields of its main record. */
export function commandColumns(command: RecordCommand): Columns {
  const [type, ...others] = fieldsOf(COMMAND_RECORDS[command].main);
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
  if (Array.isArray(value)) return value.map(cell).join(';');
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
