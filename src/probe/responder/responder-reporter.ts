import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { Attempt, AttemptLog } from './attempt-log.ts';
import type { AttemptReport, ResponderReport, PortRun, ReportRequest, StrangerReport } from './report.ts';

const US_PER_MS = 1000;
const NANOS_PER_US = 1000;
/** The longest headers of both protocols. */
const LONGEST_HEADERS = 120;
/** Attempts and ports in one report at most; a message has room for fewer. */
const MOST_OTHERS = 128;
const MOST_STRANGERS = 256;

/** The two clocks at one moment. */
export interface Moment {
  readonly now: Nanos;
  /** Wall clock at the transport's zero, epoch milliseconds. */
  readonly epochMs: number;
}

/** Writes reports from what the responder remembers. */
export class ResponderReporter {
  readonly #log: AttemptLog;
  /** When the last SYN without a proof arrived, by listening port. */
  readonly #strangers: Map<number, Nanos> = new Map();

  readonly #listening: readonly PortRun[];

  /** `ports`: the listening ports, ascending. */
  constructor(log: AttemptLog, ports: readonly number[]) {
    this.#log = log;
    this.#listening = portRuns(ports);
  }

  /** Notes a SYN without a proof at a listening port. */
  noteStranger(port: number, at: Nanos): void {
    this.#strangers.set(port, at);
  }

  /** The report to the client of the attempt `own`. */
  report(own: Attempt, request: ReportRequest, { now, epochMs }: Moment): ResponderReport {
    const since = request.sinceMs === 0 ? Infinity : now - request.sinceMs * NANOS_PER_MS;
    const others = this.#log.after(since).filter((attempt) => attempt !== own);
    const shown = others.slice(request.skip, request.skip + MOST_OTHERS);
    return {
      nowUs: microseconds(now, epochMs),
      upMs: Math.floor(now / NANOS_PER_MS),
      own: attemptReport(own, epochMs, Infinity),
      others: shown.map((attempt) => attemptReport(attempt, epochMs, LONGEST_HEADERS)),
      more: Math.max(0, others.length - request.skip - shown.length),
      forgotten: this.#log.hasForgotten(since),
      strangers: this.#strangersSince(since, now),
      listening: this.#listening,
    };
  }

  #strangersSince(since: Nanos, now: Nanos): readonly StrangerReport[] {
    return [...this.#strangers]
      .filter(([, at]) => at >= since)
      .slice(0, MOST_STRANGERS)
      .map(([port, at]) => ({ port, ageMs: Math.max(0, Math.floor((now - at) / NANOS_PER_MS)) }));
  }
}

function attemptReport(attempt: Attempt, epochMs: number, most: number): AttemptReport {
  const { arrivedAt, synAck, syn } = attempt;
  const leftAt = synAck?.sentAt ?? null;
  return {
    arrivedUs: microseconds(arrivedAt, epochMs),
    answeredAfterUs: leftAt === null ? null : Math.max(0, Math.round((leftAt - arrivedAt) / NANOS_PER_US)),
    fate: attempt.fate,
    synCopies: attempt.synCopies,
    synAckCopies: attempt.synAckCopies,
    carriers: attempt.carriers,
    syn: syn.subarray(0, Math.min(syn.length, most)),
    synLength: syn.length,
    synAck: leftAt === null ? null : (synAck?.bytes ?? null),
  };
}

function microseconds(at: Nanos, epochMs: number): number {
  return Math.round((epochMs + at / NANOS_PER_MS) * US_PER_MS);
}

/** Ascending ports as runs of consecutive ones. */
export function portRuns(ports: readonly number[]): readonly PortRun[] {
  const found: [number, number][] = [];
  for (const port of ports) {
    const run = found.at(-1);
    if (run !== undefined && port === run[1] + 1) run[1] = port;
    else found.push([port, port]);
  }
  return found;
}
