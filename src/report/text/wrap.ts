/** Joins `items` by `separator` into lines of at most `width` characters; longer items are cut. */
export function wrapItems(items: readonly string[], separator: string, width: number): string[] {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = '';
  items.forEach((item, index) => {
    const text = index < items.length - 1 ? item + separator : item;
    if (line !== '' && (line + text).trimEnd().length > room) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += text;
    while (line.trimEnd().length > room) {
      lines.push(line.slice(0, room));
      line = line.slice(room);
    }
  });
  if (line.trimEnd() !== '') lines.push(line.trimEnd());
  return lines;
}

/** Breaks a sentence at its spaces; the first line starts with `lead`, others are indented as far. */
export function wrapSentence(lead: string, text: string, columns: number): string[] {
  const lines = wrapItems(text.split(/\s+/), ' ', columns - lead.length);
  return lines.map((line, index) => (index === 0 ? lead : ' '.repeat(lead.length)) + line);
}

/** Breaks a text after its commas and spaces. */
export function wrapList(text: string, width: number): string[] {
  return wrapItems(text.split(/(?<=[, ])/), '', width);
}
