import { type Direction, type Finding, finding } from '../finding.ts';
import type { Change, ChangeManner } from '../packet-diff/change.ts';
import { diffPackets } from '../packet-diff/packet-diff.ts';
import { type Translation, translationOf, withoutTranslation, isTranslation } from './translation.ts';
import { codeOfChange, optionOfChange, valueInFinding } from '../packet-diff/change-code.ts';

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
  /** The same of the SYN-ACK, without what only undoes a forward change; null when none left or arrived. */
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

/** A finding for each change but translation: proven, since both ends saw the bytes. */
function findingsOf(changes: readonly Change[], direction: Direction): readonly Finding[] {
  return changes
    .filter((change) => !isTranslation(change))
    .map((change) => {
      const option = optionOfChange(change);
      const [sent, received] = [valueInFinding(change.sent, option), valueInFinding(change.seen, option)];
      const code = codeOfChange(change) ?? 'field-rewritten';
      return finding(code, 'proven', detailOf(change, option, direction), { option, direction, sent, received });
    });
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
  const [was, is] = [valueInFinding(sent, option), valueInFinding(seen, option)];
  if (how === 'rewritten' || how === 'reordered') return `: ${was} left, ${is} arrived`;
  const value = was ?? is;
  return value === option ? '' : `: ${value}`;
}
