import { fromHex } from '../../src/wire/bytes.ts';

/** Bytes from hex lines, each with an optional `# comment` behind it. */
export function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text.replaceAll(/#.*$/gm, '').replaceAll(/\s+/g, ''));
  if (bytes === null) throw new Error(`not hex: ${text}`);
  return bytes;
}
