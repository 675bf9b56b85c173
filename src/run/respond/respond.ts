import { type SynscopeError, usageError } from '../../errors.ts';
import { parsePorts } from '../../probe/targets/ports.ts';
import type { Attempt } from '../../probe/responder/responder-plan.ts';
import type { ResponderPlan } from '../../probe/responder/responder-plan.ts';
import { ResponderSession } from '../../probe/responder/responder-session.ts';
import type { Mac } from '../../probe/responder/token-mac.ts';
import { attemptRecordOf } from '../../records/respond/build.ts';
import type { RespondRecord, RespondRunRecord, RespondSummaryRecord } from '../../records/respond/records.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND } from '../../wire/numbers.ts';
import { driveRun, type Driving, oneByOne, streamRecords } from '../drive-run.ts';
import { type Machine, machineWith } from '../machine.ts';
import type { OpenRun } from '../open-run.ts';
import { whole, type NetworkOptions, type RunControl } from '../options/run-options.ts';
import type { RunEnd } from '../run-records.ts';
import { rehearseResponder } from '../warm-up.ts';
import { openToken, type TokenOptions } from '../options/token.ts';
import { packageVersion } from '../version.ts';

/** What `respond` accepts: the command's flags in camelCase, with the same texts and units. */
export interface RespondOptions
  extends TokenOptions, Pick<NetworkOptions, 'interface' | 'engine' | 'dropPrivileges'>, RunControl {
  /** `443` or `80,443,8000-8010`. */
  readonly listenPorts: string;
  /** Seconds after which it ends by itself. */
  readonly for?: number;
  /** Attempts after which it ends by itself. */
  readonly count?: number;
}

/** Each is an open socket. */
const MOST_PORTS = 512;
const LONGEST_SECONDS = 31_536_000;
const MOST_ATTEMPTS = 1_000_000_000;
/** Minutes for which one proof is valid. */
const SLOT_MINUTES = 2;

/** A responder whose input has been read and found good. */
interface PreparedResponder {
  readonly options: RespondOptions;
  readonly ports: readonly number[];
  readonly mac: Mac;
  readonly version: string;
}

/**
 * Answers SYNs whose sender has the token. Yields the run record, one record for each attempt once its fate is final, and
 * the summary. Prints nothing. Ends when `options.signal` aborts, or after `for` seconds or `count` attempts.
 *
 * Throws a SynscopeError: before the first record for options that are not valid, missing rights or ports that are taken;
 * after the summary when the interface was lost.
 */
export function respond(options: RespondOptions, machine: Partial<Machine> = {}): AsyncGenerator<RespondRecord, void, undefined> {
  return oneByOne(respondInBatches(options, machine));
}

/** The same records, as many at a time as there are. */
export async function* respondInBatches(
  options: RespondOptions,
  parts: Partial<Machine> = {},
): AsyncGenerator<readonly RespondRecord[], void, undefined> {
  const machine = machineWith(parts);
  const prepared = prepare(options, machine);
  const open = await machine.open({
    options,
    sourceIp: null,
    sourcePortCount: prepared.ports.length,
    ports: 'resets-suppressed',
    listenPorts: prepared.ports,
  });
  yield* streamRecords<RespondRecord>(open, options, (driving) => respondUntilDone(prepared, driving, machine));
}

function prepare(options: RespondOptions, { tokenMac }: Machine): PreparedResponder {
  const set = parsePorts(options.listenPorts);
  if (set.size > MOST_PORTS) throw usageError('--listen-ports', options.listenPorts, `expected at most ${MOST_PORTS} ports`);
  whole('--for', options.for, [1, LONGEST_SECONDS]);
  whole('--count', options.count, [1, MOST_ATTEMPTS]);
  const ports = Array.from({ length: set.size }, (_, index) => set.at(index));
  return { options, ports, mac: openToken(options, tokenMac), version: packageVersion() };
}

async function respondUntilDone(
  prepared: PreparedResponder,
  driving: Driving<RespondRecord>,
  machine: Machine,
): Promise<SynscopeError | null> {
  const { open, queue } = driving;
  const epochMs = (): number => machine.wallClock() - open.transport.now() / NANOS_PER_MS;
  const plan = planOf(prepared, { open, machine }, (attempt) => {
    const record = attemptRecordOf(attempt, new Date(epochMs() + attempt.arrivedAt / NANOS_PER_MS).toISOString());
    if (record !== null) queue.push(record);
  });
  rehearseResponder(plan);
  const session = new ResponderSession(plan);
  queue.push(runRecordOf(prepared, open, machine.wallClock()));
  return driveRun(driving, {
    session,
    onTurn: clockWarning(session, prepared.options),
    summary: (end) => summaryOf(session, end),
  });
}

function planOf(
  { ports, mac, options }: PreparedResponder,
  { open, machine }: { readonly open: OpenRun; readonly machine: Machine },
  onAttempt: (attempt: Attempt) => void,
): ResponderPlan {
  return {
    ports,
    mac,
    routes: open.routes,
    random: (length) => machine.random(new Uint8Array(length)),
    wallClock: machine.wallClock,
    endAt: options.for === undefined ? Infinity : open.transport.now() + options.for * NANOS_PER_SECOND,
    endAfter: options.count ?? Infinity,
    onAttempt,
  };
}

/** Warns of a peer that has the token and whose clock differs. */
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

function runRecordOf(
  { ports, version, options }: PreparedResponder,
  { transport }: OpenRun,
  startedAt: number,
): RespondRunRecord {
  return {
    type: 'run',
    schema: 1,
    version,
    command: 'respond',
    engine: transport.engine,
    clock: transport.clock,
    sendPath: transport.sendPath,
    startedAt: new Date(startedAt).toISOString(),
    source: { address: null, interface: options.interface ?? null },
    listen: { ports, forSeconds: options.for ?? null, count: options.count ?? null },
  };
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
