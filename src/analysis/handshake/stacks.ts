import type { Investigation } from '../../probe/handshake/investigation.ts';
import { findOption } from '../../wire/tcp-options.ts';
import { type Answer, answer } from './answer.ts';
import { connectionsFor, milliseconds, synAckOf, type TimedSegment } from './exchange.ts';

/** One of the machines that seem to answer at an address. */
export interface StackFacts {
  readonly synAcks: number;
  readonly ttl: number;
  readonly window: number;
  /** Option names in order, with MSS and scale. */
  readonly options: string;
  /** Whether its timestamps come from a clock that the others do not share. */
  readonly ownClock: boolean;
}

/** TSvals of one machine within one second differ by less: usual stacks tick once a millisecond. */
const SAME_CLOCK = 5000;

/**
 * Several machines behind one address: SYN-ACKs of different make, or of clocks far apart that two SYN-ACKs
 * each share, since some stacks start a clock for each connection. Null with fewer than two SYN-ACKs.
 */
export function stacks(investigation: Investigation): Answer<readonly StackFacts[] | null> {
  const synAcks = connectionsFor(investigation, 'asked').flatMap((connection) => synAckOf(connection) ?? []);
  if (synAcks.length < 2) return answer(null);
  const makes = new Map<string, TimedSegment[]>();
  for (const synAck of synAcks) makes.set(makeOf(synAck), [...(makes.get(makeOf(synAck)) ?? []), synAck]);
  const machines = [...makes.values()].flatMap((same) => byClock(same));
  if (machines.length < 2) return answer(machines);
  const what = makes.size > 1 ? 'TTL, window or options of its SYN-ACKs differ' : 'the clocks in its SYN-ACKs differ';
  const remark = `${machines.length} machines seem to answer behind this address, as behind a load balancer: ${what} from connection to connection.`;
  return answer(machines, remark);
}

function makeOf({ packet, segment }: TimedSegment): string {
  return `${packet.ip.ttl} ${segment.header.window} ${optionNames(segment.header.options)}`;
}

function optionNames(options: TimedSegment['segment']['header']['options']): string {
  const isNumber = ({ name }: (typeof options)[number]): boolean => name === 'mss' || name === 'wscale';
  return options.map((one) => (isNumber(one) && 'value' in one ? `${one.name}=${one.value}` : one.name)).join(',');
}

function byClock(same: readonly TimedSegment[]): readonly StackFacts[] {
  const groups: TimedSegment[][] = [];
  for (const synAck of same) {
    const group = groups.find(([first]) => first !== undefined && Math.abs(offset(synAck) - offset(first)) < SAME_CLOCK);
    if (group === undefined) groups.push([synAck]);
    else group.push(synAck);
  }
  const areClocks = groups.length > 1 && groups.every((group) => group.length > 1);
  return areClocks ? groups.map((group) => factsOf(group, true)) : [factsOf(same, false)];
}

/** TSval less the milliseconds since the run began. */
function offset({ at, segment }: TimedSegment): number {
  return (findOption(segment.header.options, 'ts')?.value ?? 0) - milliseconds(at);
}

function factsOf(group: readonly TimedSegment[], ownClock: boolean): StackFacts {
  const [{ packet, segment }] = group as readonly [TimedSegment];
  const { window, options } = segment.header;
  return { synAcks: group.length, ttl: packet.ip.ttl, window, options: optionNames(options), ownClock };
}
