import { parseAddress, type Address } from '../../src/wire/address.ts';

/** The address that `text` says; throws a RangeError for anything else, for networks written by hand. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === null) throw new RangeError(`"${text}" is no address`);
  return parsed;
}
