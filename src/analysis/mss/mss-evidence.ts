import type { Connection } from '../../probe/connection/connection.ts';
import { DEFAULT_MSS } from '../../probe/connection/agreement.ts';
import type { Offer } from '../../probe/mss/offers.ts';
import type { Purpose, Trial } from '../../probe/mss/port-measurement.ts';
import { synAckOf } from '../handshake/exchange.ts';
import type { QuoteEvidence } from './quote-evidence.ts';
import { sizedMss, type SizedMss, type SynAckFacts, synAckFacts } from './own-mss.ts';

/** What one connection showed. */
export interface MssRow {
  readonly offered: Offer;
  /** Null without a SYN-ACK. */
  readonly synAck: SynAckFacts | null;
  /** The MSS that the host's segments go by; null without a full segment. */
  readonly effective: number | null;
  /** A lower bound of its MSS, from the largest single segment; null while none is known. */
  readonly atLeast: number | null;
  /** Bytes of its stream that arrived. */
  readonly bytes: number;
  /** Whether it acknowledged the request, or none was sent. */
  readonly heardUs: boolean;
}

/** What the responder saw. */
export interface ResponderEvidence {
  /** MSS of the SYN as it left here and as it arrived there; null without the option. */
  readonly synSent: number | null;
  readonly synArrived: number | null;
  /** MSS of the SYN-ACK as it left there and as it arrived here. */
  readonly synAckSent: number | null;
  readonly synAckArrived: number | null;
}

/** Everything known about the MSS between here and one port. */
export interface MssEvidence {
  /** The MSS that fills a packet of our own interface. */
  readonly natural: number;
  readonly rows: readonly MssRow[];
  /** Its SYN-ACK after full segments, and one without timestamps; null when not asked for or not received. */
  readonly again: SynAckFacts | null;
  readonly withoutTimestamps: SynAckFacts | null;
  /** The connection whose SYN had the option twice; null when that was not tried. */
  readonly twice: MssRow | null;
  readonly quote: QuoteEvidence | null;
  readonly responder: ResponderEvidence | null;
}

/** The evidence of one port's trials. */
export function mssEvidence(trials: readonly Trial[], natural: number): MssEvidence {
  const of = (purpose: Purpose): readonly Trial[] => trials.filter((trial) => trial.purpose === purpose);
  const [again] = of('again');
  const [without] = of('without-timestamps');
  const [twice] = of('offered-twice');
  return {
    natural,
    rows: of('offered').map(rowOf),
    again: again === undefined ? null : factsOf(again.connection),
    withoutTimestamps: without === undefined ? null : factsOf(without.connection),
    twice: twice === undefined ? null : rowOf(twice),
    quote: null,
    responder: null,
  };
}

/** The MSS that the host should go by if nothing changes the offer. */
export function meant({ offered }: Pick<MssRow, 'offered'>): number {
  return offered ?? DEFAULT_MSS;
}

/** The largest size that any offer brought; null when none was measured. */
export function largestEffective({ rows }: Pick<MssEvidence, 'rows'>): number | null {
  const known = rows.flatMap(({ effective }) => effective ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

/** The largest MSS in the SYN-ACKs to first connections; null when none had one. */
export function largestAdvertised({ rows }: Pick<MssEvidence, 'rows'>): number | null {
  const known = rows.flatMap(({ synAck }) => synAck?.mss ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

/** The MSS by which the windows of the first SYN-ACKs were sized; null when they do not tell. */
export function sizedBefore(evidence: MssEvidence): SizedMss | null {
  const synAcks = evidence.rows.flatMap(({ synAck }) => synAck ?? []);
  return sizedMss(synAcks, numbers(largestAdvertised(evidence), largestEffective(evidence)));
}

/** The same for the later SYN-ACKs, with and without timestamps. */
export function sizedAfter(evidence: MssEvidence): SizedMss | null {
  const synAcks = [evidence.again, evidence.withoutTimestamps].filter((one) => one !== null);
  return sizedMss(synAcks, numbers(evidence.again?.mss ?? null, largestAdvertised(evidence), largestEffective(evidence)));
}

function numbers(...values: readonly (number | null)[]): readonly number[] {
  return values.filter((value) => value !== null);
}

function rowOf({ offer, connection, gauge: { size } }: Trial): MssRow {
  const { byteCount, acknowledgedBytes } = connection.sent;
  return {
    offered: offer,
    synAck: factsOf(connection),
    effective: size.full,
    atLeast: size.atLeast,
    bytes: size.bytes,
    heardUs: connection.establishedAt !== null && acknowledgedBytes === byteCount,
  };
}

function factsOf(connection: Connection): SynAckFacts | null {
  const header = synAckOf(connection)?.segment.header;
  return header === undefined ? null : synAckFacts(header);
}

/**
 * A path MTU black hole: one request brings full segments at small offers, and at each larger offer at least
 * a segment less, or nothing. An MSS that passes, and one that is lost; null where that is not so.
 */
export function lostSizes({ rows }: Pick<MssEvidence, 'rows'>): { readonly passes: number; readonly lost: number } | null {
  const measured = rows.filter(({ effective }) => effective !== null);
  const most = Math.max(0, ...measured.map(({ effective }) => effective ?? 0));
  const larger = rows.filter((row) => meant(row) > most && row.heardUs);
  if (measured.length === 0 || larger.length === 0) return null;
  const least = Math.min(...measured.map(({ bytes }) => bytes));
  const isMissing = ({ bytes, effective }: MssRow): boolean => effective === null && bytes + most / 2 <= least;
  return larger.every(isMissing) ? { passes: most, lost: Math.min(...larger.map(meant)) } : null;
}
