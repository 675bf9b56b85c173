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
  translation: null,
  forward: null,
  reverse: null,
} as const;

/** What there is to say of the responder; `local` is what this end saw of the decisive attempt. */
export function responderPartOf(outcome: ResponderOutcome, attempt: ResponderAttempt, local: LocalView): ResponderPart {
  const { report } = attempt;
  if (report === null) return fromLog(outcome, attempt, local);
  const { syn, synAck } = report.own;
  const ends = { synSent: attempt.syn, synArrived: syn, synAckSent: synAck, synAckArrived: local.synAck };
  const alterations = compareBothEnds(ends);
  const responder = recordOf('reported', report.own, alterations);
  return { responder, findings: alterations.findings, synSent: attempt.syn, synArrived: syn };
}

function fromLog(
  { question, attempts, log, at }: ResponderOutcome,
  { failure }: ResponderAttempt,
  { reply, sentAt }: LocalView,
): ResponderPart {
  const waited = sentAt === null ? 0 : Math.max(0, at - sentAt);
  const judged = judgeSilence({ port: question.port, syns: attempts.map(({ syn }) => syn), reply, waited, log });
  const status = judged.status === 'unknown' && failure !== null ? failure : judged.status;
  if (judged.found === null)
    return { responder: { status, ...NEVER_SEEN }, findings: judged.findings, synSent: null, synArrived: null };
  const { syn } = judged.found;
  const [attempt] = judged.found.attempts;
  const alterations = compareBothEnds({ synSent: syn, synArrived: attempt.syn, synAckSent: null, synAckArrived: null });
  const responder = recordOf(status, attempt, alterations);
  return { responder, findings: [...judged.findings, ...alterations.findings], synSent: syn, synArrived: attempt.syn };
}

function recordOf(
  status: ResponderRecord['status'],
  { fate, arrivedUs, answeredAfterUs, syn, synCopies, synAck, synAckCopies, carriers }: AttemptReport,
  { translation, forward, reverse }: PathAlterations,
): ResponderRecord {
  return {
    status,
    fate,
    arrivedAt: new Date(arrivedUs / US_PER_MS).toISOString(),
    answeredAfterMs: answeredAfterUs === null ? null : answeredAfterUs / US_PER_MS,
    ttl: syn[Ipv4Offset.TTL] ?? null,
    synCopies,
    synAckCopies,
    proof: carriers,
    syn: toHex(syn),
    synAck: synAck === null ? null : toHex(synAck),
    translation,
    forward,
    reverse,
  };
}
