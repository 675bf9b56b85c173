import type { Finding, Direction } from '../finding.ts';
import type { Change, ChangeManner, ChangeValue } from '../packet-diff/change.ts';
import { diffPackets } from '../packet-diff/packet-diff.ts';
import { type Translation, translationOf, withoutTranslation, isTranslation } from './translation.ts';
import { codeOfChange, optionOfChange } from '../packet-diff/change-code.ts';

/** The packets of one handshake at both ends, each from its IP header on. */
export interface BothEnds {
  readonly synSent: Uint8Array;
  readonly synArrived: Uint8Array;
  /** As the responder sent it; null when it sent none. */
  readonly synAckSent: Uint8Array | null;
  /** As it came back; null when none did. */
  readonly synAckArrived: Uint8Array | null;
}

/** What the path did to a handshake in each direction. */
export interface PathAlterations {
  /** Every difference between the SYN that was sent and the one that arrived, translation included. */
  readonly forward: readonly Change[];
  /**
   * The same of the SYN-ACK; null when it did not leave or did not arrive. Omits what only undoes a forward
   * change.
   */
  readonly reverse: readonly Change[] | null;
  /** What NAT did to addresses and ports; null when they arrived as they left. */
  readonly translation: Translation | null;
  /** All changes but translation, each `proven` and with its direction. */
  readonly findings: readonly Finding[];
}

/** Compares what was sent with what arrived, for SYN and SYN-ACK. Total. */
export function compareBothEnds({ synSent, synArrived, synAckSent, synAckArrived }: BothEnds): PathAlterations {
  const forward = diffPackets(synSent, synArrived).changes;
  const cameBack = synAckSent !== null && synAckArrived !== null;
  const reverse = cameBack ? withoutTranslation(diffPackets(synAckSent, synAckArrived).changes, { synSent, synArrived }) : null;
  return {
    forward,
    reverse,
    translation: translationOf({ synSent, synArrived }),
    findings: [...findingsOf(forward, 'forward'), ...findingsOf(reverse ?? [], 'reverse')],
  };
}

const MANNERS: Readonly<Record<ChangeManner, string>> = {
  removed: 'was removed',
  overwritten: 'was overwritten with NOPs',
  added: 'was added',
  rewritten: 'was rewritten',
  reordered: 'was changed',
};

/**
 * A finding for each change but translation. Both ends saw the bytes: it is proven, and its direction
 * known.
 */
function findingsOf(changes: readonly Change[], direction: 'forward' | 'reverse'): readonly Finding[] {
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

/** The value as findings have it: an option without content is shown by its name. */
function shown(value: ChangeValue, option: string | null): string | number | null {
  if (typeof value === 'boolean') return value && option !== null ? option : String(value);
  return typeof value === 'object' && value !== null ? `${value.value}:${value.echo}` : value;
}

function detailOf(change: Change, option: string | null, direction: Direction): string {
  const isForward = direction === 'forward';
  const end = isForward ? 'the responder received it changed' : 'the responder had sent it unchanged';
  const what = `${option ?? subjectOf(change.field)} ${MANNERS[change.how]} on the ${direction} path`;
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
