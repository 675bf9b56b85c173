import type { ResponderLog } from '../../probe/responder/responder-query.ts';
import type { LocalReply } from '../../probe/responder/local-view.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { Certainty, Finding } from '../finding.ts';
import { inOneSentence } from '../handshake/answer.ts';
import { type Found, findAttempts } from './responder-log.ts';

/** A port whose SYNs brought no report, and the responder's log, read over another connection. */
export interface SilentPort {
  readonly port: number;
  /** The SYNs as they left, whole packets. */
  readonly syns: readonly Uint8Array[];
  readonly reply: LocalReply;
  /** How long an answer to the first of them was awaited. */
  readonly waited: Nanos;
  readonly log: ResponderLog | null;
}

/**
 * What is known of such a SYN: `arrived` (answered or not), `never-arrived`, `not-listening` (the responder
 * does not watch that port), `unknown` (no log, or one with gaps).
 */
export type ResponderReplyStatus = 'arrived' | 'never-arrived' | 'not-listening' | 'unknown';

/** The conclusions from the responder's log. */
export interface ResponderJudgement {
  readonly status: ResponderReplyStatus;
  /** What became of the SYNs, where they were found. */
  readonly found: Found | null;
  readonly findings: readonly Finding[];
}

/** After this many round trips an answer is not expected any more. */
const PATIENT_ROUND_TRIPS = 3;

/** Tells "arrived and answered, but no answer came back" from "never arrived". */
export function judgeSilence(silent: SilentPort): ResponderJudgement {
  const { port, syns, log } = silent;
  const found = log === null ? null : findAttempts(syns, log);
  if (log !== null && found !== null) return { status: 'arrived', found, findings: ofArrived(found, silent, log.rtt) };
  if (log === null) return { status: 'unknown', found: null, findings: [] };
  if (!log.listening.some(([first, last]) => port >= first && port <= last))
    return { status: 'not-listening', found: null, findings: [] };
  if (!log.isComplete) return { status: 'unknown', found: null, findings: [] };
  const strangers = log.strangers.some((stranger) => stranger.port === port);
  return { status: 'never-arrived', found: null, findings: [ofLost(silent, strangers)] };
}

function ofArrived({ attempts, certainty }: Found, { syns, reply, waited }: SilentPort, rtt: Nanos): readonly Finding[] {
  const answered = attempts.filter(({ synAck, fate }) => synAck !== null && fate !== 'reported');
  if (answered.length === 0 || reply === 'syn-ack') return [];
  if (reply === 'rst') return [injectedBehind(certainty)];
  const arrived = syns.length === 1 ? 'The SYN arrived' : `${attempts.length} of ${syns.length} SYNs arrived`;
  const left = times(answered.reduce((count, { synAckCopies }) => count + synAckCopies, 0));
  return [
    {
      code: 'reply-dropped',
      option: null,
      direction: 'reverse',
      sent: 'S.',
      received: null,
      certainty: waited < PATIENT_ROUND_TRIPS * rtt ? 'possible' : certainty,
      detail: `${arrived} at the responder, a SYN-ACK left it ${left}, and none came back within ${(waited / NANOS_PER_SECOND).toFixed(1)} s: it is dropped on the reverse path (by a stateless filter, or because the return route leads elsewhere).`,
    },
  ];
}

function injectedBehind(certainty: Certainty): Finding {
  return {
    code: 'rst-injected',
    option: null,
    direction: 'unknown',
    sent: 'S.',
    received: 'R',
    certainty,
    detail:
      'The SYN arrived at the responder and was answered with a SYN-ACK; the RST that came here is not its own: a device between sent it.',
  };
}

/** A SYN that never arrived, by what came instead of an answer. */
function ofLost({ port, syns, reply }: SilentPort, strangers: boolean): Finding {
  const certainty: Certainty = strangers ? 'likely' : 'proven';
  const doubt = strangers
    ? ' A SYN without a proof did reach that port in this time: it may have been ours, rebuilt by a device between.'
    : '';
  const all = syns.length === 1 ? 'the SYN did not arrive' : `none of ${syns.length} SYNs arrived`;
  const never = `${all} at port ${port} of the responder, which listens there`;
  const [code, received, text] = lossBehind(reply, never);
  return { code, option: null, direction: 'forward', sent: 'S', received, certainty, detail: text + doubt };
}

function lossBehind(reply: SilentPort['reply'], never: string): readonly [Finding['code'], string | null, string] {
  if (reply === 'syn-ack') return ['syn-proxy', 'S.', `A SYN-ACK came, but ${never}: a device between answers in its name.`];
  if (reply === 'rst') return ['rst-injected', 'R', `An RST came, but ${never}: a device between rejects the connection.`];
  const how = reply === 'icmp' ? 'it was rejected on the forward path' : 'it is dropped on the forward path';
  return ['syn-dropped', null, `${inOneSentence([never])}: ${how}.`];
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
