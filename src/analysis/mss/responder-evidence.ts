import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import type { TcpHeader } from '../../wire/decoded.ts';
import type { Offer } from '../../probe/mss/offers.ts';
import type { AttemptReport } from '../../probe/responder/report.ts';
import type { LocalView } from '../../probe/responder/local-view.ts';
import { decodePacket } from '../../wire/packet.ts';
import { findOption } from '../../wire/tcp-options.ts';
import type { MssEvidence, MssRow, ResponderEvidence } from './mss-evidence.ts';
import { synAckFacts } from './own-mss.ts';

/** One offer to a responder: what this end saw, and what the responder reported; null where it did not. */
export interface ResponderOffer {
  readonly offered: Offer;
  readonly synSent: Uint8Array | null;
  readonly local: Pick<LocalView, 'synAck'> | null;
  readonly report: Pick<AttemptReport, 'syn' | 'synAck'> | null;
}

/** The evidence of a responder. `effective` is what arrived there: exact, and without a byte of data. */
export function responderEvidence(offers: readonly ResponderOffer[], natural: number): MssEvidence {
  const rows = offers.map(rowOf);
  const reported = offers.flatMap((offer) => reportOf(offer) ?? []);
  // The offer of an ordinary connection tells most, unless only another offer is changed.
  const inOrder = reported.toSorted((a, b) => Number(b.synSent === natural) - Number(a.synSent === natural));
  const responder = inOrder.find(isChanged) ?? inOrder[0] ?? null;
  return { natural, rows, again: null, withoutTimestamps: null, twice: null, quote: null, responder };
}

function isChanged({ synSent, synArrived, synAckSent, synAckArrived }: ResponderEvidence): boolean {
  return synSent !== synArrived || synAckSent !== synAckArrived;
}

function rowOf({ offered, local, report }: ResponderOffer): MssRow {
  const header = headerOf(local?.synAck ?? null);
  return {
    offered,
    synAck: header === null ? null : synAckFacts(header),
    effective: report === null ? null : (mssIn(report.syn) ?? DEFAULT_MSS),
    atLeast: null,
    bytes: 0,
    heardUs: report !== null,
  };
}

/** Null without a report, or where its SYN-ACK was not seen to leave or to arrive. */
function reportOf({ synSent, local, report }: ResponderOffer): ResponderEvidence | null {
  const synAck = local?.synAck ?? null;
  if (report === null || synSent === null || report.synAck === null || synAck === null) return null;
  return {
    synSent: mssIn(synSent),
    synArrived: mssIn(report.syn),
    synAckSent: mssIn(report.synAck),
    synAckArrived: mssIn(synAck),
  };
}

function mssIn(packet: Uint8Array): number | null {
  return findOption(headerOf(packet)?.options ?? [], 'mss')?.value ?? null;
}

function headerOf(packet: Uint8Array | null): TcpHeader | null {
  const decoded = packet === null ? null : decodePacket(packet);
  return decoded?.ok === true ? (decoded.value.tcp?.header ?? null) : null;
}
