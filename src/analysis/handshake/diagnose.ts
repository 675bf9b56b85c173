import type { Investigation } from '../../probe/handshake/investigation.ts';
import { findFindings } from '../find-findings.ts';
import type { Finding } from '../finding.ts';
import { acceptQueueFull } from './accept-queue.ts';
import type { Answer } from './answer.ts';
import { type ApplicationFacts, application } from './application.ts';
import { type EcnOutcome, ecn } from './ecn.ts';
import { connectionsFor, heard, sent, synAckOf, synRttMs } from './exchange.ts';
import { type FastOpenFacts, fastOpen } from './fast-open.ts';
import { type IsnFacts, initialSequence } from './initial-sequence.ts';
import { type NegotiatedFacts, negotiation } from './negotiation.ts';
import { type PathMtuFacts, pathMtu } from './path-mtu.ts';
import { resetAfterAck } from './reset-after-ack.ts';
import { type StackFacts, stacks } from './stacks.ts';
import { synCookies } from './syn-cookies.ts';
import { synProxy } from './syn-proxy.ts';
import type { Connection } from '../../probe/connection/connection.ts';
import type { Evidence } from '../evidence.ts';

/** The answer to each question. */
export interface Answers {
  readonly synProxy: boolean | null;
  readonly synCookies: boolean | null;
  readonly acceptQueueFull: boolean | null;
  readonly resetAfterAck: boolean | null;
  readonly application: ApplicationFacts | null;
  readonly fastOpen: FastOpenFacts | null;
  readonly pathMtu: PathMtuFacts | null;
  readonly ecn: EcnOutcome | null;
  readonly negotiated: NegotiatedFacts | null;
  readonly isn: IsnFacts | null;
  readonly stacks: readonly StackFacts[] | null;
}

/** Every question about a handshake, in the order in which the answers are reported. */
const QUESTIONS: { readonly [K in keyof Answers]: (investigation: Investigation) => Answer<Answers[K]> } = {
  synProxy,
  synCookies,
  acceptQueueFull,
  resetAfterAck,
  application,
  fastOpen,
  pathMtu,
  ecn,
  negotiated: negotiation,
  isn: initialSequence,
  stacks,
};

/** Everything that an investigation shows. */
export interface Diagnosis {
  readonly answers: Answers;
  readonly findings: readonly Finding[];
  /** Remarks that are no findings; whole sentences. */
  readonly remarks: readonly string[];
}

/** Answers every question; never throws. On a clean path there are no findings. */
export function diagnose(investigation: Investigation): Diagnosis {
  const entries = Object.entries(QUESTIONS).map(([name, ask]) => [name, ask(investigation)] as const);
  const [first] = connectionsFor(investigation, 'asked');
  const told: readonly Answer<unknown>[] = entries.map(([, one]) => one);
  return {
    answers: Object.fromEntries(entries.map(([name, { value }]) => [name, value])) as unknown as Answers,
    findings: [...(first === undefined ? [] : findFindings(probeEvidence(first))), ...told.flatMap(({ findings }) => findings)],
    remarks: told.flatMap(({ remarks }) => remarks),
  };
}

/** What `probe` would have known of the connection: for findings that need only a SYN and its answer. */
function probeEvidence(connection: Connection): Evidence {
  const reply = connection.ending?.kind === 'refused' ? heard(connection, 'rst')[0] : synAckOf(connection);
  const rejected = heard(connection, 'not-believed', 'challenge-ack').filter(({ state }) => state === 'SYN-SENT');
  return {
    sent: sent(connection, 'syn')[0]?.packet ?? null,
    reply: reply?.packet ?? null,
    conflict: null,
    rejected: rejected[0]?.packet ?? null,
    rejectedCount: rejected.length,
    rttMs: synRttMs(connection),
    host: null,
  };
}
