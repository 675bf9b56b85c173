import type { Direction, Finding } from '../finding.ts';
import type { Change, ChangeManner, ChangeValue } from '../packet-diff/change.ts';
import { codeOfChange, optionOfChange } from '../packet-diff/change-code.ts';
import { isTranslation } from './translation.ts';

const MANNERS: Readonly<Record<ChangeManner, string>> = {
  removed: 'was removed',
  overwritten: 'was overwritten with NOPs',
  added: 'was added',
  rewritten: 'was rewritten',
  reordered: 'was changed',
};

/** A finding for each change but translation. Both ends have seen the bytes: it is proven, and its direction known. */
export function findingsOf(changes: readonly Change[], direction: 'forward' | 'reverse'): readonly Finding[] {
  return changes.filter((change) => !isTranslation(change)).map((change) => findingOf(change, direction));
}

function findingOf(change: Change, direction: Direction): Finding {
  const option = optionOfChange(change);
  return {
    code: codeOfChange(change) ?? 'field-rewritten',
    option,
    direction,
    sent: shown(change.sent, option),
    received: shown(change.seen, option),
    certainty: 'proven',
    detail: detailOf(change, option, direction),
  };
}

/** What a finding can hold: an option without content is shown by its name. */
function shown(value: ChangeValue, option: string | null): string | number | null {
  if (typeof value === 'boolean') return value && option !== null ? option : String(value);
  return typeof value === 'object' && value !== null ? `${value.value}:${value.echo}` : value;
}

function detailOf(change: Change, option: string | null, direction: Direction): string {
  const isForward = direction === 'forward';
  const way = isForward ? 'there' : 'back';
  const end = isForward ? 'the responder received it so' : 'the responder sent it otherwise';
  const what = `${option ?? subjectOf(change.field)} ${MANNERS[change.how]} on the way ${way}`;
  return `In the ${isForward ? 'SYN' : 'SYN-ACK'} ${what}${valuesOf(change, option)}; ${end}.`;
}

function subjectOf(field: string): string {
  if (field === 'tcp.option.order') return 'the order of options';
  return field === 'tcp.option.nop' ? 'the number of fillers between options' : field;
}

function valuesOf({ sent, seen, how }: Change, option: string | null): string {
  const [was, is] = [shown(sent, option), shown(seen, option)];
  if (how === 'rewritten' || how === 'reordered') return `: ${was} left, ${is} arrived`;
  const value = was ?? is;
  return value === option ? '' : `: ${value}`;
}
