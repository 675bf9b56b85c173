import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import type { MssEvidence } from './mss-evidence.ts';
import { type MssChange, type MssVerdict, unchanged } from './mss-verdict.ts';
import type { QuoteEvidence } from './quote-evidence.ts';

/** The verdict on the forward path by the responder's report; null without one. */
export function reportedForward({ responder }: MssEvidence): MssVerdict | null {
  return responder === null ? null : byBothEnds(responder.synSent, responder.synArrived, 'The SYN');
}

/** The same on the reverse path. */
export function reportedReverse({ responder }: MssEvidence): MssVerdict | null {
  return responder === null ? null : byBothEnds(responder.synAckSent, responder.synAckArrived, 'The SYN-ACK');
}

/**
 * A quoted change is proven, unless the host goes by less: then another device follows. Where routers quote
 * what was sent, a device that changes it is behind them.
 */
export function withQuotes(verdict: MssVerdict, { quote }: Pick<MssEvidence, 'quote'>): MssVerdict {
  if (quote === null) return verdict;
  if (quote.between === null || quote.seen === quote.sent) return withIntactQuote(verdict, quote);
  const arrives = quote.seen ?? DEFAULT_MSS;
  const said = inSentence(quote, quote.between);
  const segments = verdict.evidence.includes('segment-size') ? verdict.mss : null;
  if (verdict.change !== null && segments !== null && segments < arrives)
    return { ...verdict, evidence: ['quote', ...verdict.evidence], detail: `${said} ${verdict.detail}` };
  const proven = { clampedTo: arrives, change: changeOf(quote.sent, quote.seen), certainty: 'proven', mss: arrives } as const;
  if (segments !== arrives) return { ...proven, evidence: ['quote'], detail: said };
  const detail = `${said} The host's segments hold ${segments} bytes accordingly.`;
  return { ...proven, evidence: ['quote', 'segment-size'], detail };
}

function inSentence({ sent, seen }: QuoteEvidence, between: NonNullable<QuoteEvidence['between']>): string {
  const [before, after] = between.map((address) => address ?? 'a silent hop');
  const change = seen === null ? 'is gone' : `has become ${seen}`;
  return `Routers quote the SYN: its MSS ${sent} ${change} between ${before} and ${after}.`;
}

function withIntactQuote(verdict: MssVerdict, { sent, farthest }: QuoteEvidence): MssVerdict {
  if (verdict.certainty === 'none') return verdict;
  const where =
    verdict.change === null ? 'up to there nothing changes it' : 'the device that changes it is that router or one behind it';
  const detail = `${verdict.detail} Routers as far as ${farthest} quote the MSS ${sent} that was sent: ${where}.`;
  return { ...verdict, evidence: [...verdict.evidence, 'quote'], detail };
}

function byBothEnds(sent: number | null, arrived: number | null, what: string): MssVerdict {
  const said = `${what} left with ${inWords(sent)}`;
  const mss = arrived ?? DEFAULT_MSS;
  if (sent === arrived) return unchanged('none', mss, ['responder'], `${said} and arrived with it.`);
  const detail = `${said} and arrived with ${inWords(arrived)}.`;
  return { clampedTo: mss, change: changeOf(sent, arrived), certainty: 'proven', evidence: ['responder'], mss, detail };
}

function changeOf(sent: number | null, arrived: number | null): MssChange {
  if (arrived === null) return 'removed';
  if (sent === null) return 'added';
  return arrived < sent ? 'lowered' : 'raised';
}

function inWords(mss: number | null): string {
  return mss === null ? 'no MSS' : `MSS ${mss}`;
}
