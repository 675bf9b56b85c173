import { type PathAlterations, compareBothEnds } from '../analysis/both-ends/both-ends.ts';
import { judgeSilence } from '../analysis/both-ends/responder-silence.ts';
import type { Finding } from '../analysis/finding.ts';
import type { ResponderAttempt, ResponderOutcome } from '../probe/responder/responder-query.ts';
import type { LocalView } from '../probe/responder/local-view.ts';
import type { AttemptReport } from '../probe/responder/report.ts';
import { Ipv4Offset } from '../wire/ipv4.ts';
import { toHex } from '../wire/bytes.ts';
import type { ResponderRecord } from './records.ts';

/** The responder's part of a port record, and the findings that follow from it. */
export interface ResponderPart {
  readonly responder: ResponderRecord;
  readonly findings: readonly Finding[];
  /** The SYN of ours that `responder.syn` was when it left; null where none is known to have arrived. */
  readonly synSent: Uint8Array | null;
  /** `responder.syn`. */
  readonly synArrived: Uint8Array | null;
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
  return { responder: recordOf('reported', own, alterations), findings: alterations.findings, synSent: syn, synArrived: own.syn };
}

function fromLog(
  { question, attempts, log, at }: ResponderOutcome,
  { exchange }: ResponderAttempt,
  { reply, sentAt }: LocalView,
): ResponderPart {
  const waited = sentAt === null ? 0 : Math.max(0, at - sentAt);
  const judged = judgeSilence({ port: question.port, syns: attempts.map(({ syn }) => syn), reply, waited, log });
  const status = judged.status === 'unknown' && exchange.failure !== null ? exchange.failure : judged.status;
  if (judged.found === null)
    return { responder: recordOf(status, null, null), findings: judged.findings, synSent: null, synArrived: null };
  const { syn } = judged.found;
  const [attempt] = judged.found.attempts;
  const alterations = compareBothEnds({ synSent: syn, synArrived: attempt.syn, synAckSent: null, synAckArrived: null });
  return {
    responder: recordOf(status, attempt, alterations),
    findings: [...judged.findings, ...alterations.findings],
    synSent: syn,
    synArrived: attempt.syn,
  };
}

function recordOf(
  status: ResponderRecord['status'],
  attempt: AttemptReport | null,
  alterations: PathAlterations | null,
): ResponderRecord {
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
