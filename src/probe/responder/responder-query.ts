import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionRequest } from '../connection/connection-session.ts';
import { type ExchangeReading, fetchReport, readExchange, REPORT_STREAM_BYTES, REPORT_TIMEOUT } from './report-exchange.ts';
import { synAckIn } from './local-view.ts';
import type { AttemptReport, ResponderReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';

/** Connections to one target at a time. */
const AT_ONCE = 32;
/** Messages in which one log is read at most; the responder remembers fewer attempts than fit these. */
const MOST_PAGES = 32;
/** How much longer one of our SYNs may have travelled than another. */
const DELAY_MS = 2000;
/** Added to the time since the first SYN when asking for the log: the request may be retransmitted. */
const MARGIN_MS = REPORT_TIMEOUT / NANOS_PER_MS + DELAY_MS;
const US_PER_MS = 1000;

/** Asks about this attempt alone. */
const NO_LOG = (): ReportRequest => ({ sinceMs: 0, skip: 0 });

/** Makes a SYN with a proof; each call uses another source port. */
export type MakeSyn = () => Uint8Array;

/** A port to send SYNs to. There may be several questions for one port. */
export interface ResponderQuestion {
  readonly port: number;
  readonly makeSyn: MakeSyn;
}

/** What to find out about the ports of one target. */
export interface ResponderQueryPlan {
  readonly questions: readonly ResponderQuestion[];
  /** SYNs to another listening port, which is asked about silent ports; null to ask a port that answered. */
  readonly control: MakeSyn | null;
  readonly mac: Mac;
  /** 16 unpredictable bytes. */
  readonly nonce: () => Uint8Array;
  /** Time-out of a port's first SYN; it doubles with each further one. */
  readonly initialRto: Nanos;
  /** SYNs after the first. */
  readonly retries: number;
  /** The transport's clock. */
  readonly now: () => Nanos;
  /** Called with each port once everything is known. */
  readonly onOutcome: (outcome: ResponderOutcome) => void;
}

/** One attempt at a port, and what the responder said over its connection. */
export interface ResponderAttempt extends Pick<ExchangeReading, 'report' | 'failure'> {
  readonly syn: Uint8Array;
  readonly connection: Connection;
}

/** What the responder reported over another connection about the time of our attempts. */
export interface ResponderLog extends Pick<ResponderReport, 'own' | 'strangers' | 'listening'> {
  readonly attempts: readonly AttemptReport[];
  /** All SYNs of this query, those of the asking connections included. */
  readonly syns: readonly Uint8Array[];
  /** Whether `attempts` has everything of that time. */
  readonly isComplete: boolean;
  /** Round trip of the asking connection. */
  readonly rtt: Nanos;
}

/** Everything known about a port. */
export interface ResponderOutcome {
  readonly question: ResponderQuestion;
  /** In order, one SYN each. */
  readonly attempts: readonly ResponderAttempt[];
  /** Null when it was not needed, or when no port could be asked. */
  readonly log: ResponderLog | null;
  /** When everything was known, on the transport's clock: answers were awaited until then. */
  readonly at: Nanos;
}

/** A port in progress. */
interface Tried {
  readonly question: ResponderQuestion;
  readonly attempts: ResponderAttempt[];
}

/** What all steps of a query share. */
interface RunningPlan extends ResponderQueryPlan {
  readonly begunAt: Nanos;
  readonly syns: Uint8Array[];
}

type Step<T> = Generator<readonly ConnectionRequest[], T, readonly Connection[]>;

/**
 * The work for one target, as a plan for a `ConnectionSession`: a SYN with a proof to each port, and the
 * report over its connection. The responder is asked about silent ports over another connection: to the
 * control port, to one that reported, or to the same port again.
 */
export function* queryResponder(asked: ResponderQueryPlan): Step<void> {
  const plan: RunningPlan = { ...asked, begunAt: asked.now(), syns: [] };
  const silent: Tried[] = [];
  let answering = plan.control;
  for (let start = 0; start < plan.questions.length; start += AT_ONCE) {
    const tried = plan.questions.slice(start, start + AT_ONCE).map((question): Tried => ({ question, attempts: [] }));
    yield* attemptAll(plan, tried, NO_LOG);
    for (const one of tried) {
      if (!hasReported(one)) silent.push(one);
      else {
        answering ??= one.question.makeSyn;
        plan.onOutcome({ ...one, log: null, at: plan.now() });
      }
    }
  }
  if (silent.length === 0) return;
  const log = answering === null ? yield* askAgain(plan, silent) : yield* askLog(plan, answering);
  for (const one of silent) plan.onOutcome({ ...one, log, at: plan.now() });
}

/**
 * Attempts at these ports, side by side, until each is answered or its retries are used. A further attempt is
 * a new connection: a retransmission would change IP ID and TSval, and so lose the proof.
 */
function* attemptAll(plan: RunningPlan, tried: readonly Tried[], request: () => ReportRequest): Step<void> {
  let unanswered = tried;
  for (let round = 0; round <= plan.retries && unanswered.length > 0; round++) {
    const initialRto = plan.initialRto * 2 ** round;
    const begun = unanswered.map(({ question, attempts }) => {
      const [syn, exchange] = [question.makeSyn(), { mac: plan.mac, nonce: plan.nonce() }];
      const script = fetchReport(exchange, request);
      return { attempts, exchange, spec: { syn, script, initialRto, retries: 0, keep: REPORT_STREAM_BYTES } };
    });
    const connections = yield begun.map(({ spec }) => spec);
    for (const [index, { attempts, exchange, spec }] of begun.entries()) {
      const connection = connections[index] as Connection;
      plan.syns.push(spec.syn);
      attempts.push({ syn: spec.syn, connection, ...readExchange(exchange, connection.received.firstBytes) });
    }
    unanswered = unanswered.filter(({ attempts }) => !isAnswered(attempts.at(-1)));
  }
}

/** The log, read over one of these ports at a second attempt: the first may have been lost. */
function* askAgain(plan: RunningPlan, silent: readonly Tried[]): Step<ResponderLog | null> {
  for (let start = 0; start < silent.length; start += AT_ONCE) {
    const some = silent.slice(start, start + AT_ONCE);
    yield* attemptAll(plan, some, NO_LOG);
    const answering = some.find(hasReported);
    if (answering !== undefined) return yield* askLog(plan, answering.question.makeSyn);
  }
  return null;
}

/** One report of the log. */
interface Page {
  readonly report: ResponderReport;
  /** From our beginning until it was asked for. */
  readonly elapsedMs: number;
  /** The earliest arrival of a SYN of ours, by the responder's clock: epoch microseconds. */
  readonly begunUs: number;
  readonly rtt: Nanos;
}

/** Everything that the responder remembers since we began; null when it does not answer. */
function* askLog(plan: RunningPlan, makeSyn: MakeSyn): Step<ResponderLog | null> {
  const pages: Page[] = [];
  for (let more = 1; more > 0 && pages.length < MOST_PAGES;) {
    const skip = pages.reduce((count, { report }) => count + report.others.length, 0);
    const page = yield* askPage(plan, makeSyn, skip);
    if (page === null) break;
    // Asking is an attempt too: each page begins with the attempts that asked for those before it.
    pages.push(page);
    more = page.report.more;
  }
  const last = pages.at(-1);
  if (last === undefined) return null;
  const { own, listening, more, forgotten, upMs, nowUs } = last.report;
  const attempts = pages.flatMap(({ report }) => report.others).filter(({ arrivedUs }) => arrivedUs >= last.begunUs);
  const strangers = last.report.strangers.filter(({ ageMs }) => nowUs - ageMs * US_PER_MS >= last.begunUs);
  const isComplete = more === 0 && !forgotten && upMs >= last.elapsedMs;
  return { own, attempts, syns: plan.syns, isComplete, rtt: last.rtt, strangers, listening };
}

function* askPage(plan: RunningPlan, makeSyn: MakeSyn, skip: number): Step<Page | null> {
  const asked: Tried = { question: { port: 0, makeSyn }, attempts: [] };
  let elapsedMs = 0;
  yield* attemptAll(plan, [asked], () => {
    elapsedMs = Math.ceil((plan.now() - plan.begunAt) / NANOS_PER_MS);
    return { sinceMs: elapsedMs + MARGIN_MS, skip };
  });
  const last = asked.attempts.at(-1);
  const report = last?.report ?? null;
  if (last === undefined || report === null) return null;
  const { notes, pace } = last.connection;
  const sentAt = notes.find(({ kind }) => kind === 'out')?.at ?? plan.now();
  const begunUs = report.own.arrivedUs - ((sentAt - plan.begunAt) / NANOS_PER_MS + DELAY_MS) * US_PER_MS;
  return { report, elapsedMs, begunUs, rtt: pace.srtt };
}

/** Whether a further attempt is useless. Silence, an ICMP error and a report that broke off may be chance. */
function isAnswered(attempt: ResponderAttempt | undefined): boolean {
  if (attempt === undefined) return false;
  const kind = attempt.connection.ending?.kind;
  return attempt.report !== null || attempt.failure !== null || kind === 'refused' || kind === 'send-error';
}

/**
 * The attempt that decides: the last with a report, else the first with a SYN-ACK, with any answer, at all.
 */
export function decisiveAttempt({ attempts }: ResponderOutcome): ResponderAttempt | null {
  return (
    attempts.findLast(({ report }) => report !== null) ??
    attempts.find(({ connection }) => synAckIn(connection.notes) !== undefined) ??
    attempts.find(({ connection }) => connection.ending?.kind !== 'no-response') ??
    attempts[0] ??
    null
  );
}

function hasReported({ attempts }: Tried): boolean {
  return attempts.some(({ report }) => report !== null);
}
