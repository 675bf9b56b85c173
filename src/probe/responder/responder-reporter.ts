import { NANOS_PER_MS, type Nanos } from '../../wire/numbers.ts';
import type { AttemptReport, ResponderReport, PortRun, ReportRequest } from './report.ts';
import type { Attempt } from './responder-plan.ts';

const US_PER_MS = 1000;
const NANOS_PER_US = 1000;
/** The longest headers of both protocols. */
const LONGEST_HEADERS = 120;
/** Attempts that are remembered; two of them, with SYN and SYN-ACK, take a KiB. */
const MOST_REMEMBERED = 2048;
/** Attempts and ports in one report at most; a message has room for fewer. */
const MOST_OTHERS = 128;
const MOST_STRANGERS = 256;

/** Remembers the latest attempts, and when SYNs without a proof last reached each port; writes reports. */
export class ResponderReporter {
  /** Oldest first. */
  readonly #attempts: Attempt[] = [];
  /** Arrival of the latest attempt that was forgotten. */
  #forgottenAt: Nanos = -Infinity;
  /** When the last SYN without a proof arrived, by listening port. */
  readonly #strangers: Map<number, Nanos> = new Map();
  readonly #listening: readonly PortRun[];

  /** `ports`: the listening ports, ascending. */
  constructor(ports: readonly number[]) {
    this.#listening = portRuns(ports);
  }

  /** Remembers an attempt; forgets the oldest when there is no room. */
  noteAttempt(attempt: Attempt): void {
    this.#attempts.push(attempt);
    if (this.#attempts.length > MOST_REMEMBERED) this.#forgottenAt = this.#attempts.shift()?.arrivedAt ?? -Infinity;
  }

  /** Notes a SYN without a proof at a listening port. */
  noteStranger(port: number, at: Nanos): void {
    this.#strangers.set(port, at);
  }

  /** The report to the client of the attempt `own`. `epochMs`: wall clock at the transport's zero. */
  report(own: Attempt, { sinceMs, skip }: ReportRequest, now: Nanos, epochMs: number): ResponderReport {
    const since = sinceMs === 0 ? Infinity : now - sinceMs * NANOS_PER_MS;
    const others = this.#attempts.filter((attempt) => attempt.arrivedAt >= since && attempt !== own).toReversed();
    const shown = others.slice(skip, skip + MOST_OTHERS);
    return {
      nowUs: microseconds(now, epochMs),
      upMs: Math.floor(now / NANOS_PER_MS),
      own: attemptReport(own, epochMs, Infinity),
      others: shown.map((attempt) => attemptReport(attempt, epochMs, LONGEST_HEADERS)),
      more: Math.max(0, others.length - skip - shown.length),
      forgotten: this.#forgottenAt >= since,
      strangers: this.#strangersSince(since, now),
      listening: this.#listening,
    };
  }

  #strangersSince(since: Nanos, now: Nanos): ResponderReport['strangers'] {
    return [...this.#strangers]
      .filter(([, at]) => at >= since)
      .slice(0, MOST_STRANGERS)
      .map(([port, at]) => ({ port, ageMs: Math.max(0, Math.floor((now - at) / NANOS_PER_MS)) }));
  }
}

function attemptReport(attempt: Attempt, epochMs: number, most: number): AttemptReport {
  const { arrivedAt, synAck, syn, fate, synCopies, synAckCopies, carriers } = attempt;
  const leftAt = synAck?.sentAt ?? null;
  return {
    arrivedUs: microseconds(arrivedAt, epochMs),
    answeredAfterUs: leftAt === null ? null : Math.max(0, Math.round((leftAt - arrivedAt) / NANOS_PER_US)),
    fate,
    synCopies,
    synAckCopies,
    carriers,
    syn: syn.subarray(0, most),
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
