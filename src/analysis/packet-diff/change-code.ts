import type { FindingCode } from '../finding.ts';
import type { Change, ChangeManner, ChangeValue, HeaderField } from './change.ts';

const OPTION = 'tcp.option.';

/** Codes of header fields; other fields have none. */
const HEADER_CODES: Partial<Record<HeaderField, FindingCode>> = {
  'tcp.seq': 'sequence-rewritten',
  'tcp.window': 'window-rewritten',
  'ip.dscp': 'dscp-changed',
};

const OPTION_CODES: Readonly<Record<ChangeManner, FindingCode>> = {
  removed: 'option-stripped',
  overwritten: 'option-padded',
  added: 'option-added',
  rewritten: 'option-rewritten',
  reordered: 'option-rewritten',
};

/** The finding code of a change; null for fields that NATs and stacks rewrite without harm. */
export function codeOfChange(change: Change): FindingCode | null {
  const { field, how, sent, seen } = change;
  if (field === 'tcp.flags' || field === 'ip.ecn') return losesEcn(change) ? 'ecn-cleared' : null;
  if (field === 'tcp.option.nop') return null;
  if (field === 'tcp.option.mss' && isLower(seen, sent)) return 'mss-clamped';
  return field.startsWith(OPTION) ? OPTION_CODES[how] : (HEADER_CODES[field as HeaderField] ?? null);
}

/** The option that a change is about; null for header fields, option order and fillers. */
export function optionOfChange({ field }: Pick<Change, 'field'>): string | null {
  if (!field.startsWith(OPTION)) return null;
  const option = field.slice(OPTION.length);
  return option === 'order' || option === 'nop' ? null : option;
}

/** The value as findings have it: an option without content is shown by its name. */
export function valueInFinding(value: ChangeValue, option: string | null = null): string | number | null {
  if (typeof value === 'boolean') return value && option !== null ? option : String(value);
  return typeof value === 'object' && value !== null ? `${value.value}:${value.echo}` : value;
}

function isLower(a: ChangeValue, b: ChangeValue): boolean {
  return typeof a === 'number' && typeof b === 'number' && a < b;
}

function losesEcn({ field, sent, seen }: Change): boolean {
  return field === 'ip.ecn' ? seen === 0 : asksForEcn(sent) && !asksForEcn(seen);
}

/** Any of ECE, CWR and AE (RFC 3168, 6.1.1; RFC 9768, 3.1). */
function asksForEcn(flags: ChangeValue): boolean {
  return typeof flags === 'string' && /[EWe]/.test(flags);
}
