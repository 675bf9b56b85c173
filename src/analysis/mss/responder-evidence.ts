import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import type { Offer } from '../../probe/mss/offers.ts';
import type { AttemptReport } from '../../probe/responder/report.ts';
import type { LocalView } from '../../probe/responder/local-view.ts';
import { decodePacket } from '../../wire/packet.ts';
import { findOption } from '../../wire/tcp-options.ts';
import type { MssEvidence, MssRow, ResponderEvidence } from './mss-evidence.ts';

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
  const synAck = local?.synAck ?? null;
  const header = synAck === null ? null : headerOf(synAck);
  return {
    offered,
    synAck:
      header === null
        ? null
        : { mss: mssIn(synAck), window: header.window, timestamps: findOption(header.options, 'ts') !== undefined },
    effective: report === null ? null : (mssIn(report.syn) ?? DEFAULT_MSS),
    atLeast: null,
    bytes: 0,
    heardUs: report !== null,
  };
}

/** Null without a report, or where its SYN-ACK was not seen to leave or to arrive. */
function reportOf({ synSent, local, report }: ResponderOffer): ResponderEvidence | null {
  if (report === null || synSent === null || report.synAck === null || (local?.synAck ?? null) === null) return null;
  return {
    synSent: mssIn(synSent),
    synArrived: mssIn(report.syn),
    synAckSent: mssIn(report.synAck),
    synAckArrived: mssIn(local?.synAck ?? null),
  };
}

function mssIn(packet: Uint8Array | null): number | null {
  const header = packet === null ? null : headerOf(packet);
  return header === null ? null : (findOption(header.options, 'mss')?.value ?? null);
}

function headerOf(packet: Uint8Array): { readonly window: number; readonly options: Parameters<typeof findOption>[0] } | null {
  const decoded = decodePacket(packet);
  return decoded.ok ? (decoded.value.tcp?.header ?? null) : null;
}
