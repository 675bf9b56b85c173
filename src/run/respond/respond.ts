import { usageError } from '../../errors.ts';
import { parsePorts, portsIn } from '../../probe/targets/ports.ts';
import type { Attempt } from '../../probe/responder/responder-plan.ts';
import { ResponderSession } from '../../probe/responder/responder-session.ts';
import { attemptRecordOf } from '../../records/respond/build.ts';
import type { RespondRecord, RespondSummaryRecord } from '../../records/respond/records.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND } from '../../wire/numbers.ts';
import { type BatchCommand, type Command, oneByOne, onMachine } from '../command.ts';
import { driveRun, streamRecords } from '../drive-run.ts';
import { whole } from '../options/read-options.ts';
import type { NetworkOptions, RunControl } from '../options/run-options.ts';
import { openToken, type TokenOptions } from '../options/token.ts';
import { endingOf, type RunEnd, runHead } from '../run-records.ts';
import { packageVersion } from '../version.ts';
import { rehearseResponder } from '../warm-up.ts';

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

/** The records of `respond`, as many at a time as there are. */
export const respondInBatches: BatchCommand<RespondOptions, RespondRecord> = onMachine(async function* batches(options, machine) {
  const ports = readPorts(options);
  const about = { command: 'respond', version: packageVersion() } as const;
  const { random, wallClock } = machine;
  const mac = openToken(options, machine.tokenMac);
  const needs = { sourcePortCount: ports.length, listenPorts: ports, ports: 'resets-suppressed' } as const;
  const open = await machine.open({ options, sourceIp: null, ...needs });
  yield* streamRecords<RespondRecord>(open, options, async (driving) => {
    const { transport, routes } = open;
    const epochMs = (): number => wallClock() - transport.now() / NANOS_PER_MS;
    const plan = {
      ports,
      mac,
      routes,
      random: (length: number) => random(new Uint8Array(length)),
      wallClock,
      endAt: options.for === undefined ? Infinity : transport.now() + options.for * NANOS_PER_SECOND,
      endAfter: options.count ?? Infinity,
      onAttempt: (attempt: Attempt) => {
        const record = attemptRecordOf(attempt, new Date(epochMs() + attempt.arrivedAt / NANOS_PER_MS).toISOString());
        if (record !== null) driving.queue.push(record);
      },
    };
    rehearseResponder(plan);
    const session = new ResponderSession(plan);
    driving.queue.push({
      ...runHead(about, transport, wallClock()),
      source: { address: null, interface: options.interface ?? null },
      listen: { ports, forSeconds: options.for ?? null, count: options.count ?? null },
    });
    return driveRun(driving, { session, onTurn: clockWarning(session, options) }, (end) => summaryOf(session, end));
  });
});

/**
 * Answers SYNs whose sender has the token. Yields the run record, one record for each attempt once its fate
 * is final, and the summary. Prints nothing. Ends when `options.signal` aborts, or after `for` seconds or
 * `count` attempts.
 *
 * Throws a SynscopeError: before the first record for options that are not valid, missing rights or ports
 * that are taken; after the summary when the interface was lost.
 */
export const respond: Command<RespondOptions, RespondRecord> = oneByOne(respondInBatches);

function readPorts(options: RespondOptions): readonly number[] {
  const ports = parsePorts(options.listenPorts);
  if (ports.size > MOST_PORTS) throw usageError('--listen-ports', options.listenPorts, `expected at most ${MOST_PORTS} ports`);
  whole('--for', options.for, [1, LONGEST_SECONDS]);
  whole('--count', options.count, [1, MOST_ATTEMPTS]);
  return portsIn(ports);
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

function summaryOf({ stats }: ResponderSession, end: RunEnd): RespondSummaryRecord {
  const { attempts, answered, reported, strangers, rateLimited } = stats;
  return { type: 'summary', attempts, answered, reported, strangers, rateLimited, ...endingOf(end) };
}
