import type { MssEvidence } from './mss-evidence.ts';
import type { MssChange, MssVerdict } from './mss-verdict.ts';

/** The verdict on the way there by what the far end says; null where it says nothing. */
export function reportedForward({ responder }: MssEvidence): MssVerdict | null {
  if (responder === null) return null;
  return byBothEnds(responder.synSent, responder.synArrived, 'The SYN');
}

/** The same on the way back. */
export function reportedReverse({ responder }: MssEvidence): MssVerdict | null {
  if (responder === null) return null;
  return byBothEnds(responder.synAckSent, responder.synAckArrived, 'The SYN-ACK');
}

/** The verdict on the way there by what routers quote; null where they quote nothing that differs. */
export function quotedForward({ quote }: MssEvidence): MssVerdict | null {
  if (quote === null || quote.seen === quote.sent) return null;
  const [before, after] = quote.between.map((address) => address ?? 'a silent hop');
  const how = quote.seen === null ? 'is gone' : `has become ${quote.seen}`;
  return {
    clampedTo: quote.seen,
    change: changeOf(quote.sent, quote.seen),
    certainty: 'proven',
    evidence: ['quote'],
    mss: quote.seen,
    detail: `The MSS ${quote.sent} of the SYN ${how} between ${before} and ${after}, as routers quote it.`,
  };
}

function byBothEnds(sent: number | null, arrived: number | null, what: string): MssVerdict {
  const said = `${what} left with ${inWords(sent)}`;
  const common = { certainty: 'proven', evidence: ['responder'], mss: arrived } as const;
  if (sent === arrived)
    return { ...common, certainty: 'none', clampedTo: null, change: null, detail: `${said} and arrived with it.` };
  return {
    ...common,
    clampedTo: arrived,
    change: changeOf(sent, arrived),
    detail: `${said} and arrived with ${inWords(arrived)}.`,
  };
}

function changeOf(sent: number | null, arrived: number | null): MssChange {
  if (arrived === null) return 'removed';
  if (sent === null) return 'added';
  return arrived < sent ? 'lowered' : 'raised';
}

function inWords(mss: number | null): string {
  return mss === null ? 'no MSS' : `MSS ${mss}`;
}
