import { randomBytes } from 'node:crypto';

import { SynscopeError, usageError } from '../../errors.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import type { Attempt } from '../../probe/responder/attempt-log.ts';
import type { ResponderPlan } from '../../probe/responder/responder-plan.ts';
import { ResponderSession } from '../../probe/responder/responder-session.ts';
import type { Mac } from '../../probe/responder/token-mac.ts';
import { attemptRecordOf } from '../../records/respond/build.ts';
import type { RespondRecord, RespondRunRecord, RespondSummaryRecord } from '../../records/respond/records.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND } from '../../wire/numbers.ts';
import { runSession } from '../loop/loop.ts';
import { type OpenRun, openRun } from '../open-run.ts';
import { type Driving, lostInterface, oneByOne, streamRecords } from '../loop/record-stream.ts';
import { rehearseResponder } from './rehearse-responder.ts';
import type { RespondOptions } from './respond-options.ts';
import { openToken } from '../options/token.ts';
import { packageVersion } from '../version.ts';

/** Each is an open socket. */
const MOST_PORTS = 512;
const LONGEST_SECONDS = 31_536_000;
const MOST_ATTEMPTS = 1_000_000_000;
/** A proof of two minutes more or less, said once for each such difference. */
const SLOT_MINUTES = 2;

/** A responder whose input has been read and found good. */
interface PreparedResponder {
  readonly options: RespondOptions;
  readonly ports: readonly number[];
  readonly mac: Mac;
  readonly version: string;
}

/**
 * Answers SYNs of those who have the token, and yields the run record, one record for each attempt once its fate is final, and the summary. Prints nothing. Throws a
 * SynscopeError: before the first record for input that cannot be accepted, missing rights or ports that are taken; after the summary when the interface was
 * lost. Ends when `options.signal` aborts, with `interrupted` in the summary, or after `for` seconds or `count` attempts.
 */
export function respond(options: RespondOptions): AsyncGenerator<RespondRecord, void, undefined> {
  return oneByOne(respondInBatches(options));
}

/** The same records, handed over as many at a time as there are. */
export async function* respondInBatches(options: RespondOptions): AsyncGenerator<readonly RespondRecord[], void, undefined> {
  const prepared = prepare(options);
  const open = await openRun({
    options,
    sourceIp: null,
    sourcePortCount: prepared.ports.length,
    ports: 'resets-suppressed',
    listenPorts: prepared.ports,
  });
  yield* streamRecords<RespondRecord>(open, options, (driving) => respondUntilDone(prepared, driving));
}

function prepare(options: RespondOptions): PreparedResponder {
  const set = parsePorts(options.listenPorts);
  if (set.size > MOST_PORTS) throw usageError('--listen-ports', options.listenPorts, `expected at most ${MOST_PORTS} ports`);
  whole('--for', options.for, LONGEST_SECONDS);
  whole('--count', options.count, MOST_ATTEMPTS);
  const ports = Array.from({ length: set.size }, (_, index) => set.at(index));
  return { options, ports, mac: openToken(options, options.onWarning ?? (() => undefined)), version: packageVersion() };
}

async function respondUntilDone(
  prepared: PreparedResponder,
  { open, queue, signal }: Driving<RespondRecord>,
): Promise<SynscopeError | null> {
  const { transport } = open;
  const epochMs = (): number => Date.now() - transport.now() / NANOS_PER_MS;
  const plan = planOf(prepared, open, (attempt) => {
    const record = attemptRecordOf(attempt, new Date(epochMs() + attempt.arrivedAt / NANOS_PER_MS).toISOString());
    if (record !== null) queue.push(record);
  });
  rehearseResponder(plan);
  const session = new ResponderSession(plan);
  queue.push(runRecordOf(prepared, open));
  const warnOfClock = clockWarning(session, prepared.options);
  const fault = await runSession(session, transport, { signal, onTurn: warnOfClock });
  const interrupted = fault === null && signal.aborted;
  queue.push(summaryOf(session, { interrupted, durationMs: transport.now() / NANOS_PER_MS, drops: transport.drops() }));
  return fault === null ? null : lostInterface(fault);
}

function planOf({ ports, mac, options }: PreparedResponder, open: OpenRun, onAttempt: (attempt: Attempt) => void): ResponderPlan {
  return {
    ports,
    mac,
    routes: open.routes,
    random: (length) => new Uint8Array(randomBytes(length)),
    wallClock: () => Date.now(),
    endAt: options.for === undefined ? Infinity : open.transport.now() + options.for * NANOS_PER_SECOND,
    endAfter: options.count ?? Infinity,
    onAttempt,
  };
}

/** Says when somebody has the token and another time. */
function clockWarning({ stats }: ResponderSession, { onWarning = () => undefined }: RespondOptions): () => void {
  let known = 0;
  return () => {
    if (stats.slotsOff === known) return;
    known = stats.slotsOff;
    const minutes = `about ${Math.abs(known) * SLOT_MINUTES} minutes ${known > 0 ? 'ahead of' : 'behind'}`;
    onWarning(
      `a SYN with the right token was not answered: its sender's clock is ${minutes} this one, or it was captured then and sent again`,
    );
  };
}

function runRecordOf({ ports, version, options }: PreparedResponder, { transport }: OpenRun): RespondRunRecord {
  return {
    type: 'run',
    schema: 1,
    version,
    command: 'respond',
    engine: transport.engine,
    clock: transport.clock,
    sendPath: transport.sendPath,
    startedAt: new Date().toISOString(),
    source: { address: null, interface: options.interface ?? null },
    listen: { ports, forSeconds: options.for ?? null, count: options.count ?? null },
  };
}

interface RunEnd {
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly drops: number | null;
}

function summaryOf({ stats }: ResponderSession, end: RunEnd): RespondSummaryRecord {
  const { attempts, answered, reported, strangers, rateLimited } = stats;
  return {
    type: 'summary',
    attempts,
    answered,
    reported,
    strangers,
    rateLimited,
    kernelDrops: end.drops,
    durationMs: Math.round(end.durationMs * 1e3) / 1e3,
    interrupted: end.interrupted,
  };
}

function whole(flag: string, value: number | undefined, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return;
  throw new SynscopeError('usage', `${flag} "${value}": expected a whole number from 1 to ${most}`);
}
