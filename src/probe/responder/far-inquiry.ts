import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos } from '../../wire/numbers.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectionRequest } from '../connection/connection-session.ts';
import { fetchReport, REPORT_STREAM_BYTES } from './fetch-report.ts';
import type { AttemptReport, FarReport, ReportRequest } from './report.ts';
import { ReportExchange } from './report-exchange.ts';
import type { Mac } from './token-mac.ts';

/** Connections to one target at a time. */
const AT_ONCE = 32;
/** Messages that the log of one responder is read in at most; it remembers fewer attempts than fit these. */
const MOST_PAGES = 32;
const PATIENCE: Nanos = 3 * NANOS_PER_SECOND;
/** The log is asked about a little more than the time since the first SYN. */
const MARGIN_MS = 2000;

/** Makes a SYN with a proof; another source port at each call. */
export type MakeSyn = () => Uint8Array;

/** What is to be found out about the ports of one target. */
export interface FarInquiryPlan {
  readonly ports: readonly { readonly port: number; readonly makeSyn: MakeSyn }[];
  /** Another listening port of the responder, asked about ports that are silent; null to ask one that answered. */
  readonly control: MakeSyn | null;
  readonly mac: Mac;
  /** 16 bytes that nobody can guess. */
  readonly nonce: () => Uint8Array;
  readonly initialRto: Nanos;
  readonly retries: number;
  /** The transport's clock. */
  readonly now: () => Nanos;
  /** Learns of each port once all is known. */
  readonly onOutcome: (outcome: FarOutcome) => void;
}

/** One attempt at a port. */
export interface FarAttempt {
  readonly syn: Uint8Array;
  readonly connection: Connection;
  readonly exchange: ReportExchange;
}

/** What the responder said over another connection about the time of our attempts. */
export interface FarLog {
  /** Who was asked: the attempt of that connection. */
  readonly own: AttemptReport;
  readonly attempts: readonly AttemptReport[];
  /** Whether nothing of that time is missing in `attempts`. */
  readonly isComplete: boolean;
  readonly strangers: FarReport['strangers'];
  readonly listening: FarReport['listening'];
}

/** All that is known of a port. */
export interface FarOutcome {
  readonly port: number;
  /** In order; the last one that brought a report, else the first, is what the port is judged by. */
  readonly attempts: readonly FarAttempt[];
  /** Null where it was not needed, or nobody could be asked. */
  readonly log: FarLog | null;
}

/** A port under way. */
interface Tried {
  readonly port: number;
  readonly makeSyn: MakeSyn;
  readonly attempts: FarAttempt[];
}

type Step<T> = Generator<readonly ConnectionRequest[], T, readonly Connection[]>;

/**
 * The work of one target, connection after connection, for a `ConnectionSession`: a SYN with a proof to each port, and the report over the connection. About ports that brought none the responder is
 * asked over another one: the control port, one that did report, or the same port once more.
 */
export function* inquireFarEnd(plan: FarInquiryPlan): Step<void> {
  const begunAt = plan.now();
  const silent: Tried[] = [];
  let answering = plan.control;
  for (let start = 0; start < plan.ports.length; start += AT_ONCE) {
    const tried = plan.ports.slice(start, start + AT_ONCE).map((one): Tried => ({ ...one, attempts: [] }));
    yield* attempt(plan, tried, { sinceMs: 0, skip: 0 });
    for (const one of tried) {
      if (!hasReported(one)) silent.push(one);
      else {
        answering ??= one.makeSyn;
        plan.onOutcome({ port: one.port, attempts: one.attempts, log: null });
      }
    }
  }
  if (silent.length === 0) return;
  const log = answering === null ? yield* askAgain(plan, silent, begunAt) : yield* askLog(plan, answering, begunAt);
  for (const { port, attempts } of silent) plan.onOutcome({ port, attempts, log });
}

/** One more attempt at each of these ports, side by side. */
function* attempt(plan: FarInquiryPlan, tried: readonly Tried[], request: ReportRequest): Step<void> {
  const begun = tried.map(({ makeSyn }) => ({ syn: makeSyn(), exchange: new ReportExchange(plan.mac, plan.nonce(), request) }));
  const connections = yield begun.map((one) => requestFor(plan, one));
  for (const [index, connection] of connections.entries()) {
    const own = begun[index];
    if (own !== undefined) tried[index]?.attempts.push({ ...own, connection });
  }
}

/** The log as told over one of these ports at a second attempt: it may have been loss. */
function* askAgain(plan: FarInquiryPlan, silent: readonly Tried[], begunAt: Nanos): Step<FarLog | null> {
  for (let start = 0; start < silent.length; start += AT_ONCE) {
    const some = silent.slice(start, start + AT_ONCE);
    yield* attempt(plan, some, { sinceMs: 0, skip: 0 });
    const answering = some.find(hasReported);
    if (answering !== undefined) return yield* askLog(plan, answering.makeSyn, begunAt);
  }
  return null;
}

/** Everything that the responder remembers of the time since `begunAt`; null when it does not answer. */
function* askLog(plan: FarInquiryPlan, makeSyn: MakeSyn, begunAt: Nanos): Step<FarLog | null> {
  const attempts: AttemptReport[] = [];
  let latest: FarReport | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const sinceMs = Math.ceil((plan.now() - begunAt) / NANOS_PER_MS) + MARGIN_MS;
    const asked: Tried = { port: 0, makeSyn, attempts: [] };
    yield* attempt(plan, [asked], { sinceMs, skip: attempts.length });
    const report = asked.attempts[0]?.exchange.report ?? null;
    if (report === null) break;
    // Asking is an attempt too: each page's list begins with the askers before it.
    attempts.push(...report.others);
    latest = report;
    if (report.more === 0) break;
  }
  if (latest === null) return null;
  const { own, strangers, listening, more, forgotten, upMs } = latest;
  const isComplete = more === 0 && !forgotten && upMs * NANOS_PER_MS >= plan.now() - begunAt;
  return { own, attempts, isComplete, strangers, listening };
}

function requestFor(
  { initialRto, retries }: FarInquiryPlan,
  { syn, exchange }: Pick<FarAttempt, 'syn' | 'exchange'>,
): ConnectionRequest {
  return { syn, conduct: fetchReport(exchange, PATIENCE), initialRto, retries, keep: REPORT_STREAM_BYTES };
}

function hasReported({ attempts }: Tried): boolean {
  return attempts.some(({ exchange }) => exchange.report !== null);
}
