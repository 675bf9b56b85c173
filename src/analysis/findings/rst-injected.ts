import type { DecodedPacket } from '../../wire/decoded.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { initialTtl } from '../../probe/craft/profiles.ts';
import { formatHops, hopDistance, resetInWords, resetOf, synAckOf } from '../reply.ts';
import type { HostFacts } from '../host-ledger.ts';

/** The RTTs of fewer SYN-ACKs tell little about the path. */
const ENOUGH_RTTS = 4;
const LEAST_RTT_GAIN_MS = 2;
/**
 * How much sooner than the fastest SYN-ACK a reset must be, as a multiple of their spread. Where jitter is
 * uniform, fewer than one run in a hundred has a host's own reset that early.
 */
const LEAST_RTT_GAIN_OF_SPREAD = 4;

/** What does not fit, and in which respect: another place, another stack, or another time. */
interface Sign {
  readonly respect: 'nearer' | 'farther' | 'stack' | 'initial-ttl' | 'sooner' | 'far-sooner';
  readonly text: string;
}

/**
 * `likely`: two different answers to one SYN, a reset from fewer hops away than any SYN-ACK, or one that
 * another stack wrote and that came too soon. One weak sign alone is at most `possible`.
 */
export const rstInjected: FindingRule = {
  description: 'a device on the path, not the host, seems to have sent the reset',
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
 * True for a reset that the host's own stack would send from where its SYN-ACKs came. No SYN-ACK that is
 * learned later turns it into a finding.
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
  return [finding('rst-injected', certainty, detail, { direction: 'reverse', received: resetInWords(reset) })];
}

const CONTRADICTION_MEANS = {
  likely: 'so a device on the path most likely added the reset; which one cannot be told from here',
  possible:
    "but here the reset comes from as far away as the host's other answers and the SYN-ACK does not, so the SYN-ACK may be the foreign one",
} as const;

/** True where by another port's SYN-ACK the reset comes from the host's distance and the SYN-ACK not. */
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
  return [finding('rst-injected', certainty, detail, { received: resetInWords(reset) })];
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
 * A reset from farther away is only `possible`: there the SYN-ACKs are the odd ones, from a proxy. Another
 * initial TTL at the same distance is no sign by itself: some stacks send resets with 255.
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
 * Only for hosts whose SYN-ACKs all have IP ID 0 (Linux, current BSDs): their resets are built the same way,
 * with window 0. An ID on a packet without DF is no sign, since RFC 6864 requires one there.
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
 * Half the time of the fastest SYN-ACK supports other signs, a quarter is one alone: queues vary. Differences
 * below 2 ms are the scheduling of a busy host; the spread of the SYN-ACKs is the path's.
 */
function rttSigns(rttMs: number | null, { minRttMs, maxRttMs, synAcks }: HostFacts): readonly Sign[] {
  if (rttMs === null || minRttMs === null || maxRttMs === null || synAcks < ENOUGH_RTTS || rttMs * 2 > minRttMs) return [];
  if (minRttMs - rttMs < Math.max(LEAST_RTT_GAIN_MS, (maxRttMs - minRttMs) * LEAST_RTT_GAIN_OF_SPREAD)) return [];
  const text = `it came after ${rttMs.toFixed(1)} ms where no SYN-ACK took less than ${minRttMs.toFixed(1)} ms`;
  return [{ respect: rttMs * 4 <= minRttMs ? 'far-sooner' : 'sooner', text }];
}
