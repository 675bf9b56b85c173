import type { Investigation } from '../../probe/handshake/investigation.ts';
import { findFindings } from '../find-findings.ts';
import type { Finding } from '../finding.ts';
import { acceptQueueFull } from './accept-queue.ts';
import type { Answer } from './answer.ts';
import { type ApplicationFacts, application } from './application.ts';
import { type EcnOutcome, ecn } from './ecn.ts';
import { trialsOf } from './exchange.ts';
import { type FastOpenFacts, fastOpen } from './fast-open.ts';
import { type IsnFacts, initialSequence } from './initial-sequence.ts';
import { type NegotiatedFacts, negotiation } from './negotiation.ts';
import { type PathMtuFacts, pathMtu } from './path-mtu.ts';
import { probeEvidence } from './probe-evidence.ts';
import { resetAfterAck } from './reset-after-ack.ts';
import { type StackFacts, stacks } from './stacks.ts';
import { synCookies } from './syn-cookies.ts';
import { synProxy } from './syn-proxy.ts';

/** What each question's answer is. */
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

/** Every question about a handshake, in the order in which the answers are told. */
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

/** All that an investigation shows. */
export interface Diagnosis {
  readonly answers: Answers;
  readonly findings: readonly Finding[];
  /** What is worth saying and is no finding; whole sentences. */
  readonly remarks: readonly string[];
}

/** Answers every question; never throws. On a clean path there are no findings. */
export function diagnose(investigation: Investigation): Diagnosis {
  const entries = Object.entries(QUESTIONS).map(([name, ask]) => [name, ask(investigation)] as const);
  const [first] = trialsOf(investigation, 'asked');
  const told: readonly Answer<unknown>[] = entries.map(([, answer]) => answer);
  return {
    answers: Object.fromEntries(entries.map(([name, { value }]) => [name, value])) as unknown as Answers,
    findings: [
      ...(first === undefined ? [] : findFindings(probeEvidence(first.connection))),
      ...told.flatMap(({ findings }) => findings),
    ],
    remarks: told.flatMap(({ remarks }) => remarks),
  };
}
