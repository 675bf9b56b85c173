import type { Finding } from '../finding.ts';
import type { Change } from '../packet-diff/change.ts';
import { diffPackets } from '../packet-diff/packet-diff.ts';
import { findingsOf } from './change-findings.ts';
import { type Translation, translationOf, withoutTranslation } from './translation.ts';

/** The packets of one handshake at both ends, each from its IP header on. */
export interface BothEnds {
  readonly synSent: Uint8Array;
  readonly synArrived: Uint8Array;
  /** As the responder sent it; null when it sent none. */
  readonly synAckSent: Uint8Array | null;
  /** As it came back; null when none did. */
  readonly synAckArrived: Uint8Array | null;
}

/** What the path did to a handshake, each way. */
export interface PathAlterations {
  /** Everything in which the packet that arrived differs from the one that was sent, a translation of addresses and ports included. */
  readonly forward: readonly Change[];
  /** The same of the SYN-ACK; null when it did not leave, or did not arrive. What only undoes a forward change is not in it. */
  readonly reverse: readonly Change[] | null;
  /** What NAT made of addresses and ports; null when they arrived as they left. */
  readonly translation: Translation | null;
  /** All changes but translation, each `proven`, with its direction. */
  readonly findings: readonly Finding[];
}

/** Compares what was sent with what arrived, and what was answered with what came back. Total. */
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
