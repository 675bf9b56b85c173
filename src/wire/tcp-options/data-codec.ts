import { fromHex, toHex } from '../hex.ts';
import type { DataOption } from '../tcp-option.ts';
import type { DataOptionName, OptionCodec } from './option-codec.ts';

/** What tells one option whose content stays hex from another. */
export interface DataShape {
  readonly name: DataOptionName;
  readonly kind: number;
  readonly syntax: string;
  /** Hex that the word alone stands for, or null when a value must follow. */
  readonly word: string | null;
  /** True for a number of content bytes that the option's definition allows. */
  readonly allows: (length: number) => boolean;
}

/** The codec of an option whose content is not looked into: written `name` or `name=HEX`. */
export function dataCodec(shape: DataShape): OptionCodec<DataOption> {
  const optionWith = (body: Uint8Array): DataOption | null =>
    shape.allows(body.length) ? { kind: shape.kind, name: shape.name, data: toHex(body) } : null;
  return {
    name: shape.name,
    kinds: [shape.kind],
    syntax: shape.syntax,
    decode: (_, body) => optionWith(body),
    encodeBody: dataBody,
    formatValue: (option) => (option.data === shape.word ? '' : `=${option.data}`),
    parseValue: (text) => {
      const body = fromHex(text ?? shape.word ?? '?');
      return body === null ? null : optionWith(body);
    },
  };
}

/** The content bytes of an option that keeps them as hex; throws a RangeError when `data` is not hex. */
export function dataBody(option: DataOption): Uint8Array {
  return hexBody(option.name, option.data);
}

/** The bytes of an option's hex; throws a RangeError that names the option when it is not hex. */
export function hexBody(name: string, hex: string): Uint8Array {
  const body = fromHex(hex);
  if (body === null) throw new RangeError(`TCP option ${name}: "${hex}" is not hex`);
  return body;
}
