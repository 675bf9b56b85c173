import type { DecodedPacket } from '../../wire/decoded.ts';
import { formatTcpFlags } from '../../wire/tcp-flags.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import type { FindingRule } from '../finding-rule.ts';
import { initialTtl } from '../../probe/initial-ttl.ts';
import { formatHops, hopDistance } from '../hop-distance.ts';
import type { HostFacts } from '../host-facts.ts';
import { resetOf, synAckOf } from '../syn-ack.ts';

/** Below this many SYN-ACKs their RTTs say little about the path. */
const ENOUGH_RTTS = 4;
const LEAST_RTT_GAIN_MS = 2;
/**
 * How much sooner than the fastest SYN-ACK a reset has to be, against how much those differ among themselves. Where delay wavers so that every value from
 * none to the largest is as likely, resets of the host itself seem to be that early in less than one run of a hundred.
 */
const LEAST_RTT_GAIN_OF_SPREAD = 4;

/** What does not fit, and in which respect: another place, another stack, or another moment. */
interface Sign {
  readonly respect: 'nearer' | 'farther' | 'stack' | 'initial-ttl' | 'sooner' | 'far-sooner';
  readonly text: string;
}

/**
 * A reset that another device than the host seems to have sent. `likely` where ordinary stacks and paths do not produce the signature: two different
 * answers to one SYN, a reset from fewer hops away than any SYN-ACK, or one that both another stack wrote and that came too soon. One weak sign
 * alone is `possible` at most.
 */
export const rstInjected: FindingRule = {
  description: 'a device on the way, not the host, seems to have sent the reset',
  find(evidence: Evidence): readonly Finding[] {
    const { reply, conflict } = evidence;
    if (reply === null) return [];
    if (conflict !== null) return contradiction(reply, conflict, evidence.host);
    return resetOf(reply) === null || evidence.host === null ? [] : misfit(reply, evidence.host, evidence.rttMs);
  },
};

/** The fields of a reset in which stacks differ. */
export interface ResetShape {
  readonly ttl: number;
  readonly ipId: number;
  readonly window: number;
}

/**
 * True for a reset in which nothing differs from what the host's own stack, where SYN-ACKs of it came from, would send. Cheaper than finding no sign, and no
 * SYN-ACK that is learnt later makes a finding of it.
 */
export function isOrdinaryReset(reset: ResetShape, host: HostFacts, rttMs: number | null): boolean {
  const soon = rttMs !== null && host.minRttMs !== null && host.minRttMs - rttMs >= LEAST_RTT_GAIN_MS;
  if (reset.ipId !== 0 || reset.window !== 0 || soon) return false;
  return reset.ttl === host.ttl || host.hopGroups.some(({ ttl }) => ttl === reset.ttl);
}

function contradiction(reply: DecodedPacket, conflict: DecodedPacket, host: HostFacts | null): readonly Finding[] {
  const reset = resetOf(reply) === null ? conflict : reply;
  const synAck = reset === reply ? conflict : reply;
  if (resetOf(reset) === null || synAckOf(synAck) === null) return [];
  const order = reset === reply ? 'a reset, then with a SYN-ACK' : 'a SYN-ACK, then with a reset';
  const ttls = `TTL ${reset.ip.ttl} on the reset, ${synAck.ip.ttl} on the SYN-ACK`;
  const certainty = resetFitsBetter(reset, synAck, host) ? 'possible' : 'likely';
  const detail = `The same SYN was answered with ${order} (${ttls}), and a host gives one answer, ${CONTRADICTION_MEANS[certainty]}.`;
  return [finding(reset, { certainty, direction: 'reverse', detail })];
}

const CONTRADICTION_MEANS = {
  likely: 'so a device on the way most likely added the reset; which device cannot be told from here',
  possible:
    "but here the reset comes from as far as the host's other answers and the SYN-ACK does not, so the SYN-ACK may be the foreign one",
} as const;

/** True where another port's SYN-ACK shows how far away the host is, and the reset comes from there while the SYN-ACK does not. */
function resetFitsBetter(reset: DecodedPacket, synAck: DecodedPacket, host: HostFacts | null): boolean {
  if (host === null || host.port === synAckOf(synAck)?.header.sourcePort) return false;
  const baseline = hopDistance(host.ttl);
  return hopDistance(reset.ip.ttl) === baseline && hopDistance(synAck.ip.ttl) !== baseline;
}

function misfit(reset: DecodedPacket, host: HostFacts, rttMs: number | null): readonly Finding[] {
  const signs = [...distanceSigns(reset, host), ...stackSigns(reset, host), ...rttSigns(rttMs, host)];
  const certainty = weigh(new Set(signs.map(({ respect }) => respect)));
  if (certainty === null) return [];
  const detail = `The reset does not fit the host's SYN-ACKs (${signs.map(({ text }) => text).join('; ')}): ${MISFIT_MEANS[certainty]}.`;
  return [finding(reset, { certainty, direction: 'unknown', detail })];
}

const MISFIT_MEANS = {
  likely:
    'most likely a firewall or another device in front of the host rejected the SYN, or the open ports are forwarded to machines behind the one that answered here',
  possible:
    'a device in front of the host may have sent it, but an unusual stack, a path of another length or unsteady delay looks the same',
} as const;

function weigh(respects: ReadonlySet<Sign['respect']>): 'likely' | 'possible' | null {
  if (respects.has('nearer')) return 'likely';
  const isSooner = respects.has('sooner') || respects.has('far-sooner');
  if (isSooner && (respects.has('stack') || respects.has('initial-ttl'))) return 'likely';
  return respects.has('farther') || respects.has('stack') || respects.has('far-sooner') ? 'possible' : null;
}

/**
 * Something between here and the host is nearer than the host. A reset from farther away is only `possible`: there the SYN-ACKs are the odd ones
 * (a proxy answers them). Another initial TTL at the same distance is no sign of its own: some stacks send resets with 255.
 */
function distanceSigns(reset: DecodedPacket, host: HostFacts): readonly Sign[] {
  const distance = hopDistance(reset.ip.ttl);
  const initial = initialTtl(reset.ip.ttl);
  const text = `TTL ${reset.ip.ttl}, about ${formatHops(reset.ip.ttl)}, against TTL ${host.ttl}, about ${formatHops(host.ttl)}, from port ${host.port}`;
  const distances = host.hopGroups.map((group) => group.distance);
  if (!distances.includes(distance)) return [{ respect: distance < Math.min(...distances) ? 'nearer' : 'farther', text }];
  return initial === initialTtl(host.ttl)
    ? []
    : [{ respect: 'initial-ttl', text: `initial TTL ${initial} against ${initialTtl(host.ttl)}` }];
}

/**
 * Only against hosts whose SYN-ACKs all have IP ID 0 (Linux, today's BSDs): their resets are built the same way, with window 0. An ID on a packet
 * without DF is no sign, since RFC 6864 asks for one there.
 */
function stackSigns(reset: DecodedPacket, host: HostFacts): readonly Sign[] {
  if (!host.ipIdAlwaysZero) return [];
  const signs: Sign[] = [];
  const { id, df } = reset.ip;
  const window = reset.tcp?.header.window ?? 0;
  if (id !== 0 && df) signs.push({ respect: 'stack', text: `IP ID ${id} where all SYN-ACKs had 0` });
  if (window !== 0) signs.push({ respect: 'stack', text: `window ${window} where such hosts send 0` });
  return signs;
}

/**
 * In half the time of the fastest SYN-ACK is support for other signs; alone, with queues that come and go, it takes a quarter. Differences below 2 ms
 * are the scheduling of a busy host, and those that SYN-ACKs show among themselves are the path's.
 */
function rttSigns(rttMs: number | null, { minRttMs, maxRttMs, synAcks }: HostFacts): readonly Sign[] {
  if (rttMs === null || minRttMs === null || maxRttMs === null || synAcks < ENOUGH_RTTS || rttMs * 2 > minRttMs) return [];
  if (minRttMs - rttMs < Math.max(LEAST_RTT_GAIN_MS, (maxRttMs - minRttMs) * LEAST_RTT_GAIN_OF_SPREAD)) return [];
  const text = `it came after ${rttMs.toFixed(1)} ms where no SYN-ACK took less than ${minRttMs.toFixed(1)} ms`;
  return [{ respect: rttMs * 4 <= minRttMs ? 'far-sooner' : 'sooner', text }];
}

function finding(
  reset: DecodedPacket,
  { direction, certainty, detail }: Pick<Finding, 'direction' | 'certainty' | 'detail'>,
): Finding {
  const header = reset.tcp?.header;
  const shape = `${formatTcpFlags(header?.flags ?? 0)} ttl ${reset.ip.ttl} id ${reset.ip.id} win ${header?.window ?? 0}`;
  return { code: 'rst-injected', option: null, direction, sent: null, received: shape, certainty, detail };
}
