import { readFileSync } from 'node:fs';

/** The text of a file under /proc or /sys without its final newline; null where it cannot be read. */
export function readProcFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return null;
  }
}

/** The file as one decimal integer, or null. */
export function readProcNumber(path: string): number | null {
  const text = readProcFile(path)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}
