import { type Finding, type FindingCode, finding, type FindingValues } from '../finding.ts';

/** The answer to one question about a handshake. */
export interface Answer<T> {
  readonly value: T;
  readonly findings: readonly Finding[];
  /** Remarks that are no findings; whole sentences. */
  readonly remarks: readonly string[];
}

/** An answer without findings. */
export function answer<T>(value: T, ...remarks: readonly string[]): Answer<T> {
  return { value, findings: [], remarks };
}

/** An answer with a finding. */
export function found<T>(
  value: T,
  code: FindingCode,
  { certainty, detail, ...values }: Pick<Finding, 'certainty' | 'detail'> & FindingValues,
): Answer<T> {
  return { value, findings: [finding(code, certainty, detail, values)], remarks: [] };
}

/** Joins several signs as one sentence; the names of packets keep their capitals. */
export function inOneSentence(signs: readonly string[]): string {
  const text = signs.map((sign) => sign.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())).join('; ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
