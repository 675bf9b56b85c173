import type { ResponderLog } from '../../probe/responder/responder-query.ts';
import type { LocalReply } from '../../probe/responder/local-view.ts';
import { NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import { type Certainty, type Finding, finding } from '../finding.ts';
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

/** `not-listening`: the responder does not watch the SYN's port. `unknown`: no log, or one with gaps. */
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
  if (log === null) return { status: 'unknown', found, findings: [] };
  if (found !== null) return { status: 'arrived', found, findings: ofArrived(found, silent, log.rtt) };
  const isWatched = log.listening.some(([first, last]) => port >= first && port <= last);
  if (!isWatched || !log.isComplete) return { status: isWatched ? 'unknown' : 'not-listening', found, findings: [] };
  const strangers = log.strangers.some((stranger) => stranger.port === port);
  return { status: 'never-arrived', found, findings: [ofLost(silent, strangers)] };
}

function ofArrived({ attempts, certainty }: Found, { syns, reply, waited }: SilentPort, rtt: Nanos): readonly Finding[] {
  const answered = attempts.filter(({ synAck, fate }) => synAck !== null && fate !== 'reported');
  if (answered.length === 0 || reply === 'syn-ack') return [];
  if (reply === 'rst') {
    const detail =
      'The SYN arrived at the responder and was answered with a SYN-ACK; the RST that came here is not its own: a device between sent it.';
    return [finding('rst-injected', certainty, detail, { sent: 'S.', received: 'R' })];
  }
  const arrived = syns.length === 1 ? 'The SYN arrived' : `${attempts.length} of ${syns.length} SYNs arrived`;
  const copies = answered.reduce((count, { synAckCopies }) => count + synAckCopies, 0);
  const left = copies === 1 ? 'once' : `${copies} times`;
  const detail = `${arrived} at the responder, a SYN-ACK left it ${left}, and none came back within ${(waited / NANOS_PER_SECOND).toFixed(1)} s: it is dropped on the reverse path (by a stateless filter, or because the return route leads elsewhere).`;
  const patient = waited < PATIENT_ROUND_TRIPS * rtt ? 'possible' : certainty;
  return [finding('reply-dropped', patient, detail, { direction: 'reverse', sent: 'S.' })];
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
  return finding(code, certainty, text + doubt, { direction: 'forward', sent: 'S', received });
}

function lossBehind(reply: SilentPort['reply'], never: string): readonly [Finding['code'], string | null, string] {
  if (reply === 'syn-ack') return ['syn-proxy', 'S.', `A SYN-ACK came, but ${never}: a device between answers in its name.`];
  if (reply === 'rst') return ['rst-injected', 'R', `An RST came, but ${never}: a device between rejects the connection.`];
  const how = reply === 'icmp' ? 'it was rejected on the forward path' : 'it is dropped on the forward path';
  return ['syn-dropped', null, `${inOneSentence([never])}: ${how}.`];
}
