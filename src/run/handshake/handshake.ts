import { ConnectionSession } from '../../probe/connection/connection-session.ts';
import { ProbeCookie } from '../../probe/craft/cookie.ts';
import { cookieNumbering, SynMaker } from '../../probe/craft/syn-maker.ts';
import { type InvestigationPlan, PortInvestigation } from '../../probe/handshake/investigation.ts';
import { HandshakeRecorder } from '../../records/handshake/recorder.ts';
import type { HandshakeRunRecord } from '../../records/handshake/records.ts';
import { type BatchCommand, type Command, inBatches, oneByOne, type Running, type Started } from '../command.ts';
import { randomKey } from '../machine.ts';
import { pairPlans, type RoutedPair } from '../routed-targets.ts';
import { rehearseConnections } from '../warm-up.ts';
import { type HandshakeOptions, craftVariation, prepareHandshake, type PreparedHandshake } from './prepare-handshake.ts';

/** Connections side by side, unless one port asks for more. */
const AT_ONCE = 64;
/** Connections of one port besides those of `--repeat`. */
const MORE_CONNECTIONS = 4;
/** RFC 791: every host takes as much. */
const SMALLEST_MTU = 576;
/** Enough that no tuple is used again while its last connection is remembered. */
const MOST_SOURCE_PORTS = 256;

/** The records of `handshake`, as many at a time as there are. */
export const handshakeInBatches: BatchCommand<HandshakeOptions, HandshakeRunRecord> = inBatches(async (options, machine) => {
  const run = await prepareHandshake(options, machine.random);
  const connections = run.targets.size * run.ports.size * (run.plan.repeat + MORE_CONNECTIONS);
  return {
    run,
    needs: { sourcePortCount: Math.min(MOST_SOURCE_PORTS, connections), ports: 'resets-suppressed' },
    start: (running) => shakeHands(run, running),
  };
});

/**
 * Completes a three-way handshake with every (target, port) pair. Yields the run record, the segments of
 * each pair and what they show, and the summary. Leaves no connection open. Throws and ends early as
 * `probe` does.
 */
export const handshake: Command<HandshakeOptions, HandshakeRunRecord> = oneByOne(handshakeInBatches);

function shakeHands(run: PreparedHandshake, { open, queue, machine, counter }: Running<HandshakeRunRecord>): Started {
  const { routes, sourcePorts, transport } = open;
  const recorder = new HandshakeRecorder({
    expectations: run.expectations,
    emit: (record) => {
      if (record.type === 'handshake') counter.count({ state: record.state, attempts: record.connections });
      queue.push(record);
    },
  });
  rehearseConnections();
  const maker = new SynMaker(sourcePorts, cookieNumbering(new ProbeCookie(randomKey(machine.random)), run.spec));
  const { slotSize } = transport.batch;
  const connectionPlans = pairPlans(run, routes, {
    plan: (pair) => {
      const investigation = new PortInvestigation(planOf(run, pair, maker, slotSize));
      return recorder.follow(pair.name, investigation, () => routes.isUnresolved(pair.address));
    },
    unrouted: (pair) => recorder.unreachable(pair.name, planOf(run, pair, maker, slotSize), pair.errno),
  });
  const session = new ConnectionSession({ connectionPlans, atOnce: Math.ceil(AT_ONCE / run.plan.repeat) });
  return {
    session,
    stats: () => session.stats,
    warmsUp: true,
    onTurn: () => recorder.tick(),
    finish: () => recorder.end(),
  };
}

function planOf(
  run: PreparedHandshake,
  { name, address, source }: RoutedPair,
  maker: SynMaker,
  slotSize: number,
): InvestigationPlan {
  return {
    ...run.plan,
    makeSyn: (variation) =>
      source === null ? new Uint8Array(0) : maker.make(craftVariation(run.spec, source, variation), address, name.port).bytes,
    say: run.say(name),
    mtu: Math.min(source?.mtu ?? SMALLEST_MTU, slotSize),
    pathMtu: run.measuresPathMtu && source !== null ? { interfaceMtu: source.mtu, slotSize } : null,
  };
}
