import type { ResponderLog } from '../../probe/responder/responder-query.ts';
import type { LocalReply } from '../../probe/responder/local-view.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { Certainty, Finding } from '../finding.ts';
import { type Found, findAttempts } from './responder-log.ts';

/** A port whose SYNs brought no report, and what the responder said of them over another connection. */
export interface SilentPort {
  readonly port: number;
  /** The SYNs as they left, whole packets. */
  readonly syns: readonly Uint8Array[];
  readonly reply: LocalReply;
  /** How long an answer to the first of them has been waited for. */
  readonly waited: Nanos;
  readonly log: ResponderLog | null;
}

/**
 * What is known of such a SYN: `arrived` (and was answered or not), `never-arrived`, `not-listening` (the responder does not watch that port), `unknown` (nobody could be
 * asked, or the log has gaps).
 */
export type ResponderReplyStatus = 'arrived' | 'never-arrived' | 'not-listening' | 'unknown';

/** What follows from the responder's log. */
export interface ResponderJudgement {
  readonly status: ResponderReplyStatus;
  /** What the SYNs became, where they were found. */
  readonly found: Found | null;
  readonly findings: readonly Finding[];
}

/** An answer that has not come after so many round trips does not come any more. */
const PATIENT_ROUND_TRIPS = 3;

/** Tells "arrived and answered, and nothing came back" from "never arrived". */
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
      detail: `${arrived} at the responder, a SYN-ACK left it ${left}, and none came back within ${(waited / NANOS_PER_SECOND).toFixed(1)} s: it is dropped on the way back (a filter without state, or a return route that leads elsewhere).`,
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
      'The SYN arrived at the responder and was answered with a SYN-ACK; the RST that came here is none of its own: something between sent it.',
  };
}

/** A SYN that never arrived, by what came instead of an answer. */
function ofLost({ port, syns, reply }: SilentPort, strangers: boolean): Finding {
  const certainty: Certainty = strangers ? 'likely' : 'proven';
  const doubt = strangers
    ? ' A SYN without a proof did come to that port in this time: it may have been ours, made anew by something between.'
    : '';
  const all = syns.length === 1 ? 'the SYN did not arrive' : `none of ${syns.length} SYNs arrived`;
  const never = `${all} at port ${port} of the responder, which listens there`;
  const [code, received, text] = lossBehind(reply, never);
  return { code, option: null, direction: 'forward', sent: 'S', received, certainty, detail: text + doubt };
}

function lossBehind(reply: SilentPort['reply'], never: string): readonly [Finding['code'], string | null, string] {
  if (reply === 'syn-ack') return ['syn-proxy', 'S.', `A SYN-ACK came, but ${never}: something between answers in its name.`];
  if (reply === 'rst') return ['rst-injected', 'R', `An RST came, but ${never}: something between rejects the connection.`];
  const how = reply === 'icmp' ? 'it was rejected on the way there' : 'it is dropped on the way there';
  return ['syn-dropped', null, `${capital(never)}: ${how}.`];
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
