import { type PathAlterations, compareBothEnds } from '../analysis/both-ends/both-ends.ts';
import { judgeSilence } from '../analysis/both-ends/responder-silence.ts';
import type { Translation } from '../analysis/both-ends/translation.ts';
import type { Finding } from '../analysis/finding.ts';
import type { Change } from '../analysis/packet-diff/change.ts';
import type { ResponderAttempt, ResponderOutcome } from '../probe/responder/responder-query.ts';
import type { LocalView } from '../probe/responder/local-view.ts';
import type { ProofCarrier } from '../probe/responder/proof.ts';
import type { AttemptFate, AttemptReport } from '../probe/responder/report.ts';
import { Ipv4Offset } from '../wire/ipv4.ts';
import { toHex } from '../wire/bytes.ts';

/**
 * How the responder comes to be known: `reported` over this port's own connection; `arrived` and `never-arrived` from what the responder said over another;
 * `not-listening` where it does not watch the port; `not-a-responder` or `wrong-token` where somebody else answered; `unknown` where nobody could be asked.
 */
export type ResponderStatus =
  | 'reported'
  | 'arrived'
  | 'never-arrived'
  | 'not-listening'
  | 'not-a-responder'
  | 'wrong-token'
  | 'unknown';

/** What the responder saw of a port's SYN, and what the path made of it. */
export interface ResponderRecord {
  readonly status: ResponderStatus;
  readonly fate: AttemptFate | null;
  /** ISO 8601, by the responder's clock. */
  readonly arrivedAt: string | null;
  readonly answeredAfterMs: number | null;
  /** Of the SYN as it arrived. */
  readonly ttl: number | null;
  readonly synCopies: number | null;
  readonly synAckCopies: number | null;
  /** The fields in which the proof arrived. */
  readonly proof: readonly ProofCarrier[] | null;
  readonly translation: Translation | null;
  /** What differs between the SYN that left and the one that arrived, and between the SYN-ACK that left and the one that came back. */
  readonly forward: readonly Change[] | null;
  readonly reverse: readonly Change[] | null;
  /** Both packets as the responder saw them, hex. */
  readonly syn: string | null;
  readonly synAck: string | null;
}

/** The responder's part of a port record, and the findings that follow from it. */
export interface ResponderPart {
  readonly responder: ResponderRecord;
  readonly findings: readonly Finding[];
  /** The SYN of ours that `responder.syn` was when it left; null where none is known to have arrived. */
  readonly synSent: Uint8Array | null;
}

const US_PER_MS = 1000;
const NEVER_SEEN = {
  fate: null,
  arrivedAt: null,
  answeredAfterMs: null,
  ttl: null,
  synCopies: null,
  synAckCopies: null,
  proof: null,
  syn: null,
  synAck: null,
} as const;

/** What there is to say of the responder; `local` is what this end saw of the decisive attempt. */
export function responderPartOf(outcome: ResponderOutcome, attempt: ResponderAttempt, local: LocalView): ResponderPart {
  const { report } = attempt.exchange;
  return report === null ? fromLog(outcome, attempt, local) : fromReport(attempt, report.own, local);
}

function fromReport({ syn }: ResponderAttempt, own: AttemptReport, { synAck }: LocalView): ResponderPart {
  const ends = { synSent: syn, synArrived: own.syn, synAckSent: own.synAck, synAckArrived: synAck };
  const alterations = compareBothEnds(ends);
  return { responder: recordOf('reported', own, alterations), findings: alterations.findings, synSent: syn };
}

function fromLog(
  { question, attempts, log, at }: ResponderOutcome,
  { exchange }: ResponderAttempt,
  { reply, sentAt }: LocalView,
): ResponderPart {
  const waited = sentAt === null ? 0 : Math.max(0, at - sentAt);
  const judged = judgeSilence({ port: question.port, syns: attempts.map(({ syn }) => syn), reply, waited, log });
  const status = judged.status === 'unknown' && exchange.failure !== null ? exchange.failure : judged.status;
  if (judged.found === null) return { responder: recordOf(status, null, null), findings: judged.findings, synSent: null };
  const { syn } = judged.found;
  const [attempt] = judged.found.attempts;
  const alterations = compareBothEnds({ synSent: syn, synArrived: attempt.syn, synAckSent: null, synAckArrived: null });
  return {
    responder: recordOf(status, attempt, alterations),
    findings: [...judged.findings, ...alterations.findings],
    synSent: syn,
  };
}

function recordOf(status: ResponderStatus, attempt: AttemptReport | null, alterations: PathAlterations | null): ResponderRecord {
  const { translation = null, forward = null, reverse = null } = alterations ?? {};
  return { status, ...arrivalOf(attempt), translation, forward, reverse };
}

function arrivalOf(attempt: AttemptReport | null): Omit<ResponderRecord, 'status' | 'translation' | 'forward' | 'reverse'> {
  if (attempt === null) return NEVER_SEEN;
  const { answeredAfterUs, syn, synAck } = attempt;
  return {
    fate: attempt.fate,
    arrivedAt: new Date(attempt.arrivedUs / US_PER_MS).toISOString(),
    answeredAfterMs: answeredAfterUs === null ? null : answeredAfterUs / US_PER_MS,
    ttl: syn[Ipv4Offset.TTL] ?? null,
    synCopies: attempt.synCopies,
    synAckCopies: attempt.synAckCopies,
    proof: attempt.carriers,
    syn: toHex(syn),
    synAck: synAck === null ? null : toHex(synAck),
  };
}
