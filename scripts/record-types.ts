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
