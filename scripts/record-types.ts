import type { ScalarTypes } from '../src/records/shape.ts';

interface Scalar {
  /** In the words of JSON Schema. */
  readonly schema: Readonly<Record<string, string | number>>;
  /** For the reference page: what it is, and its unit. */
  readonly words: string;
}

/** Plain values: what they are in JSON. */
export const SCALARS: Readonly<Record<keyof ScalarTypes, Scalar>> = {
  null: { schema: { type: 'null' }, words: 'null' },
  text: { schema: { type: 'string' }, words: 'text' },
  address: { schema: { type: 'string', minLength: 1 }, words: 'address' },
  hex: { schema: { type: 'string', pattern: '^(?:[0-9a-f]{2})*$' }, words: 'hex bytes' },
  time: { schema: { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$` }, words: 'ISO 8601 time' },
  bool: { schema: { type: 'boolean' }, words: 'true or false' },
  number: { schema: { type: 'number' }, words: 'number' },
  ms: { schema: { type: 'number' }, words: 'milliseconds' },
  seconds: { schema: { type: 'number', minimum: 0 }, words: 'seconds' },
  count: { schema: { type: 'integer', minimum: 0 }, words: 'count' },
  bytes: { schema: { type: 'integer', minimum: 0 }, words: 'bytes' },
  portNumber: { schema: { type: 'integer', minimum: 0, maximum: 65_535 }, words: 'port' },
  ttl: { schema: { type: 'integer', minimum: 0, maximum: 255 }, words: 'TTL' },
  u8: { schema: { type: 'integer', minimum: 0, maximum: 255 }, words: '8-bit number' },
  u16: { schema: { type: 'integer', minimum: 0, maximum: 65_535 }, words: '16-bit number' },
  u32: { schema: { type: 'integer', minimum: 0, maximum: 4_294_967_295 }, words: '32-bit number' },
};

/** An alternative of a field's type: a name or a literal, and whether it is a list. */
export interface Alternative {
  /** `'text'`, `'finding'`, or for a literal its JSON text: `'"port"'`, `'34'`. */
  readonly name: string;
  readonly many: 'one' | 'list' | 'pair';
}

/** Reads a type as src/records/shape.ts describes it. */
export function readType(text: string): readonly Alternative[] {
  return text.split(' | ').map((part) => {
    if (part.endsWith('[2]')) return { name: part.slice(0, -3), many: 'pair' };
    if (part.endsWith('[]')) return { name: part.slice(0, -2), many: 'list' };
    return { name: part, many: 'one' };
  });
}

/** Whether a name stands for itself. */
export function isLiteral(name: string): boolean {
  return /^(?:"[^"]*"|\d+)$/.test(name);
}
