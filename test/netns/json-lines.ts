import { conform } from '../records/conform.ts';

/** The records that a command printed with `--json`; throws where one is not as declared or a line is cut off. */
export function jsonLines(text: string): readonly { readonly type: string }[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error(`the last line is cut off: ${text.slice(-200)}`);
  const records = lines.map((line) => JSON.parse(line) as { readonly type: string });
  conform(records);
  return records;
}
