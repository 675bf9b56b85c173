import type { Direction, Finding, FindingCode } from '../finding.ts';
import type { Change, ChangeManner, ChangeValue } from '../packet-diff/change.ts';
import { isTranslation } from './translation.ts';

const OPTION = 'tcp.option.';

/** What an altered option is called. The MSS has a name of its own where it became smaller. */
const OPTION_CODES: Readonly<Record<ChangeManner, FindingCode>> = {
  removed: 'option-stripped',
  overwritten: 'option-padded',
  added: 'option-added',
  rewritten: 'option-rewritten',
  reordered: 'option-rewritten',
};

/** Fields whose alteration has a name of its own. */
const FIELD_CODES: Readonly<Record<string, FindingCode>> = {
  'tcp.seq': 'sequence-rewritten',
  'tcp.window': 'window-rewritten',
  'ip.dscp': 'dscp-changed',
};

const MANNERS: Readonly<Record<ChangeManner, string>> = {
  removed: 'was removed',
  overwritten: 'was overwritten with NOPs',
  added: 'was added',
  rewritten: 'was rewritten',
  reordered: 'were put in another order',
};

/** A finding for each change but translation. Both ends have seen the bytes: it is proven, and its direction known. */
export function findingsOf(changes: readonly Change[], direction: 'forward' | 'reverse'): readonly Finding[] {
  return changes.filter((change) => !isTranslation(change)).map((change) => findingOf(change, direction));
}

function findingOf(change: Change, direction: Direction): Finding {
  const option = change.field.startsWith(OPTION) ? change.field.slice(OPTION.length) : null;
  return {
    code: option === null ? fieldCode(change) : optionCode(change, option),
    option,
    direction,
    sent: shown(change.sent, option),
    received: shown(change.seen, option),
    certainty: 'proven',
    detail: detailOf(change, option, direction),
  };
}

function optionCode({ how, sent, seen }: Change, option: string): FindingCode {
  const isLowered = option === 'mss' && typeof sent === 'number' && typeof seen === 'number' && seen < sent;
  return isLowered ? 'mss-clamped' : OPTION_CODES[how];
}

function fieldCode({ field, sent, seen }: Change): FindingCode {
  if (field === 'ip.ecn' && seen === 0) return 'ecn-cleared';
  if (field === 'tcp.flags' && hasLostEcn(sent, seen)) return 'ecn-cleared';
  return FIELD_CODES[field] ?? 'field-rewritten';
}

/** ECE (E) or CWR (W) is gone, in tcpdump's letters. */
function hasLostEcn(sent: ChangeValue, seen: ChangeValue): boolean {
  if (typeof sent !== 'string' || typeof seen !== 'string') return false;
  return ['E', 'W'].some((letter) => sent.includes(letter) && !seen.includes(letter));
}

/** What a finding can hold: an option without content is shown by its name. */
function shown(value: ChangeValue, option: string | null): string | number | null {
  if (typeof value === 'boolean') return value && option !== null ? option : String(value);
  return typeof value === 'object' && value !== null ? `${value.value}:${value.echo}` : value;
}

function detailOf(change: Change, option: string | null, direction: Direction): string {
  const isForward = direction === 'forward';
  const way = isForward ? 'there' : 'back';
  const end = isForward ? 'the far end received it so' : 'the far end sent it otherwise';
  const what = `${subjectOf(change.field, option)} ${MANNERS[change.how]} on the way ${way}`;
  return `In the ${isForward ? 'SYN' : 'SYN-ACK'} ${what}${valuesOf(change, option)}; ${end}.`;
}

function subjectOf(field: string, option: string | null): string {
  if (option === 'order') return 'the options';
  return option === 'nop' ? 'the number of fillers between options' : (option ?? field);
}

function valuesOf({ sent, seen, how }: Change, option: string | null): string {
  const [was, is] = [shown(sent, option), shown(seen, option)];
  if (how === 'rewritten' || how === 'reordered') return `: ${was} left, ${is} arrived`;
  const value = was ?? is;
  return value === option ? '' : `: ${value}`;
}
