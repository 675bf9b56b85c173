import type { Certainty, Direction, Finding, FindingCode } from '../finding.ts';

/** The answer to one question about a handshake. */
export interface Answer<T> {
  readonly value: T;
  readonly findings: readonly Finding[];
  /** Remarks that are no findings; whole sentences. */
  readonly remarks: readonly string[];
}

/** An answer without comment. */
export function plain<T>(value: T): Answer<T> {
  return { value, findings: [], remarks: [] };
}

/** An answer with remarks. */
export function remarked<T>(value: T, ...remarks: readonly string[]): Answer<T> {
  return { value, findings: [], remarks };
}

/** Joins several signs as the start of one sentence. */
export function inOneSentence(signs: readonly string[]): string {
  return signs.map((sign, index) => (index === 0 ? capital(sign) : small(sign))).join('; ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The names of packets keep their capitals. */
function small(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** The content of a finding; omits what does not apply. */
interface Says {
  readonly certainty: Certainty;
  readonly detail: string;
  readonly direction?: Direction;
  readonly option?: string;
  readonly sent?: string | number;
  readonly received?: string | number;
}

/** An answer with a finding. */
export function found<T>(value: T, code: FindingCode, says: Says): Answer<T> {
  const { certainty, detail, direction = 'unknown', option = null, sent = null, received = null } = says;
  return { value, findings: [{ code, option, direction, sent, received, certainty, detail }], remarks: [] };
}
