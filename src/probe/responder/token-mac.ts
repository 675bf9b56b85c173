import { concatBytes } from '../../wire/bytes.ts';

/** HMAC-SHA-256 under the key that both ends derive from their token; 32 bytes. */
export type Mac = (message: Uint8Array) => Uint8Array;

/** The purpose of a MAC: values for one purpose are never valid for another. */
export const MacPurpose = { isn: 1, tsval: 2, option: 3, data: 4, request: 5, report: 6 } as const;

/** `synscope respond 1` precedes every authenticated message. */
const DOMAIN = Uint8Array.from('synscope respond 1', (letter) => letter.charCodeAt(0));

/** The MAC of `parts`, whose lengths the caller has fixed, for one purpose. */
export function macOf(mac: Mac, purpose: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return mac(concatBytes([DOMAIN, Uint8Array.of(purpose), ...parts]));
}

/** Compares in constant time. */
export function isSameMac(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index] as number);
  return difference === 0;
}
