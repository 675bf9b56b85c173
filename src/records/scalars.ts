/** What plain values are in TypeScript. */
export interface ScalarTypes {
  readonly null: null;
  readonly text: string;
  readonly address: string;
  readonly hex: string;
  readonly time: string;
  readonly bool: boolean;
  readonly number: number;
  readonly ms: number;
  readonly seconds: number;
  readonly count: number;
  readonly bytes: number;
  readonly portNumber: number;
  readonly ttl: number;
  readonly u8: number;
  readonly u16: number;
  readonly u32: number;
}

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
