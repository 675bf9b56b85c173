import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionRequest } from '../connection/connection-session.ts';
import { fetchReport, REPORT_STREAM_BYTES, ReportExchange } from './report-exchange.ts';
import { synAckIn } from './local-view.ts';
import type { AttemptReport, ResponderReport, ReportRequest } from './report.ts';
import type { Mac } from './token-mac.ts';

/** Connections to one target at a time. */
const AT_ONCE = 32;
/** Messages that the log of one responder is read in at most; it remembers fewer attempts than fit these. */
const MOST_PAGES = 32;
/** Asks about this attempt alone. */
const NO_LOG: AskFor = () => ({ sinceMs: 0, skip: 0 });
const PATIENCE: Nanos = 3 * NANOS_PER_SECOND;
/** How much longer one of our SYNs may have been under way than another. */
const DELAY_MS = 2000;
/** The log is asked about so much more than the time since the first SYN: the request may have to be repeated. */
const MARGIN_MS = PATIENCE / NANOS_PER_MS + DELAY_MS;
const US_PER_MS = 1000;

/** What the responder is asked for, called when it is asked. */
type AskFor = () => ReportRequest;

/** Makes a SYN with a proof; another source port at each call. */
export type MakeSyn = () => Uint8Array;

/** A SYN to be sent to a port. The same port may be asked with several. */
export interface ResponderQuestion {
  readonly port: number;
  readonly makeSyn: MakeSyn;
}

/** What is to be found out about the ports of one target. */
export interface ResponderQueryPlan {
  readonly questions: readonly ResponderQuestion[];
  /** Another listening port of the responder, asked about ports that are silent; null to ask one that answered. */
  readonly control: MakeSyn | null;
  readonly mac: Mac;
  /** 16 bytes that nobody can guess. */
  readonly nonce: () => Uint8Array;
  /** How long the first SYN of a port is waited for; twice as long each other. */
  readonly initialRto: Nanos;
  /** SYNs after the first. */
  readonly retries: number;
  /** The transport's clock. */
  readonly now: () => Nanos;
  /** Learns of each port once all is known. */
  readonly onOutcome: (outcome: ResponderOutcome) => void;
}

/** One attempt at a port. */
export interface ResponderAttempt {
  readonly syn: Uint8Array;
  readonly connection: Connection;
  readonly exchange: ReportExchange;
}

/** What the responder said over another connection about the time of our attempts. */
export interface ResponderLog {
  /** Who was asked: the attempt of that connection. */
  readonly own: AttemptReport;
  readonly attempts: readonly AttemptReport[];
  /** All SYNs of this connection plan, those that asked included: most attempts are theirs. */
  readonly syns: readonly Uint8Array[];
  /** Whether nothing of that time is missing in `attempts`. */
  readonly isComplete: boolean;
  /** Round trip of the connection that asked. */
  readonly rtt: Nanos;
  readonly strangers: ResponderReport['strangers'];
  readonly listening: ResponderReport['listening'];
}

/** All that is known of a port. */
export interface ResponderOutcome {
  readonly question: ResponderQuestion;
  /** In order, one SYN each. */
  readonly attempts: readonly ResponderAttempt[];
  /** Null where it was not needed, or nobody could be asked. */
  readonly log: ResponderLog | null;
  /** When all was known, on the transport's clock: until then an answer would have been heard. */
  readonly at: Nanos;
}

/** A port under way. */
interface Tried {
  readonly question: ResponderQuestion;
  readonly attempts: ResponderAttempt[];
}

/** What all steps of a connection plan share. */
interface RunningPlan extends ResponderQueryPlan {
  readonly begunAt: Nanos;
  readonly syns: Uint8Array[];
}

type Step<T> = Generator<readonly ConnectionRequest[], T, readonly Connection[]>;

/**
 * The work of one target, connection after connection, for a `ConnectionSession`: a SYN with a proof to each port, and the report over the connection. About ports that brought none the responder is
 * asked over another one: the control port, one that did report, or the same port once more.
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

/** Attempts at these ports, side by side, until each has had an answer or as many as are allowed. */
function* attemptAll(plan: RunningPlan, tried: readonly Tried[], request: AskFor): Step<void> {
  let unanswered = tried;
  for (let round = 0; round <= plan.retries && unanswered.length > 0; round++) {
    yield* attemptOnce(plan, unanswered, { request, initialRto: plan.initialRto * 2 ** round });
    unanswered = unanswered.filter(({ attempts }) => !isAnswered(attempts.at(-1)));
  }
}

interface Round {
  readonly request: AskFor;
  readonly initialRto: Nanos;
}

/** One SYN each. Another attempt is another connection, never a repetition: that would have another IP ID and another TSval, so no proof in it. */
function* attemptOnce(plan: RunningPlan, tried: readonly Tried[], { request, initialRto }: Round): Step<void> {
  const begun = tried.map(({ question }) => ({
    syn: question.makeSyn(),
    exchange: new ReportExchange(plan.mac, plan.nonce(), request),
  }));
  const connections = yield begun.map(({ syn, exchange }) => ({
    syn,
    script: fetchReport(exchange, PATIENCE),
    initialRto,
    retries: 0,
    keep: REPORT_STREAM_BYTES,
  }));
  for (const [index, connection] of connections.entries()) {
    const own = begun[index];
    if (own === undefined) continue;
    plan.syns.push(own.syn);
    tried[index]?.attempts.push({ ...own, connection });
  }
}

/** The log as told over one of these ports at a second attempt: it may have been loss. */
function* askAgain(plan: RunningPlan, silent: readonly Tried[]): Step<ResponderLog | null> {
  for (let start = 0; start < silent.length; start += AT_ONCE) {
    const some = silent.slice(start, start + AT_ONCE);
    yield* attemptAll(plan, some, NO_LOG);
    const answering = some.find(hasReported);
    if (answering !== undefined) return yield* askLog(plan, answering.question.makeSyn);
  }
  return null;
}

/** A report that was asked for the log. */
interface Page {
  readonly report: ResponderReport;
  /** From our beginning until it was asked for. */
  readonly elapsedMs: number;
  /** No SYN of ours arrived before, by the responder's clock: epoch microseconds. */
  readonly begunUs: number;
  readonly rtt: Nanos;
}

/** Everything that the responder remembers of the time since we began; null when it does not answer. */
function* askLog(plan: RunningPlan, makeSyn: MakeSyn): Step<ResponderLog | null> {
  const pages: Page[] = [];
  for (let more = 1; more > 0 && pages.length < MOST_PAGES;) {
    const skip = pages.reduce((count, { report }) => count + report.others.length, 0);
    const page = yield* askPage(plan, makeSyn, skip);
    if (page === null) break;
    // Asking is an attempt too: each page's list begins with the askers before it.
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
  const report = last?.exchange.report ?? null;
  if (last === undefined || report === null) return null;
  const { notes, pace } = last.connection;
  const sentAt = notes.find(({ kind }) => kind === 'out')?.at ?? plan.now();
  const begunUs = report.own.arrivedUs - ((sentAt - plan.begunAt) / NANOS_PER_MS + DELAY_MS) * US_PER_MS;
  return { report, elapsedMs, begunUs, rtt: pace.srtt };
}

/** Whether another attempt could bring no more: silence, an ICMP error and a report that broke off may be chance. */
function isAnswered(attempt: ResponderAttempt | undefined): boolean {
  const kind = attempt?.connection.ending?.kind;
  return attempt?.exchange.isOver === true || kind === 'refused' || kind === 'send-error';
}

/** The attempt that a port is judged by: the last that brought a report, else the first that a SYN-ACK came to, else the first that anything did, else the first. */
export function decisiveAttempt({ attempts }: ResponderOutcome): ResponderAttempt | null {
  return (
    attempts.findLast(({ exchange }) => exchange.report !== null) ??
    attempts.find(({ connection }) => synAckIn(connection.notes) !== undefined) ??
    attempts.find(({ connection }) => connection.ending?.kind !== 'no-response') ??
    attempts[0] ??
    null
  );
}

function hasReported({ attempts }: Tried): boolean {
  return attempts.some(({ exchange }) => exchange.report !== null);
}
