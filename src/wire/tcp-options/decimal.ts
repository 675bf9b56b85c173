/** A decimal number from 0 to `maximum`, or null. No signs, spaces, exponents or other bases. */
export function parseDecimal(text: string | null, maximum: number): number | null {
  if (text === null || !/^\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value <= maximum ? value : null;
}
