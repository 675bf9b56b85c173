import type { Finding } from '../../src/analysis/finding.ts';
import type { PortState } from '../../src/probe/verdict.ts';
import type { PacketRecord, PortRecord, ProbeRecord } from '../../src/records/probe/records.ts';
import type { Rtt, RunRecord, SummaryRecord } from '../../src/records/records.ts';

const LINUX = 'mss=1460,sackOK,ts=3238971711:3899810016,nop,wscale=7';

/** The first record of a run over `targets` times `ports` pairs. */
export function run(targets: number, ports: number, shard: string | null = null): RunRecord {
  return {
    type: 'run',
    schema: 1,
    version: '0.1.0',
    command: 'probe',
    engine: 'raw-cap',
    clock: 'userspace',
    sendPath: { name: 'raw-ip', why: 'the only one of this engine' },
    startedAt: '2025-01-02T03:04:05.678Z',
    source: { address: '10.0.0.1', interface: 'eth0' },
    probe: {
      options: 'mss=1460,sackOK,ts=0,nop,wscale=7',
      optionsHex: '020405b40402080a0000000000000000010303 07'.replace(' ', ''),
      ttl: 64,
      window: 64_240,
      retries: 2,
      count: 1,
      rate: null,
      seed: '1',
      shard,
      sourcePorts: [61_000],
      targets,
      ports,
    },
  };
}

/** Statistics of these samples, in milliseconds. */
export function rtt(...samples: readonly number[]): Rtt {
  if (samples.length === 0) return { min: null, avg: null, max: null, stddev: null, samples: 0 };
  const avg = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  return { min: Math.min(...samples), avg, max: Math.max(...samples), stddev: 0, samples: samples.length };
}

type Changes = Partial<PortRecord>;

function port(target: string, number: number, state: PortState, changes: Changes): PortRecord {
  return {
    type: 'port',
    target,
    hostname: null,
    port: number,
    state,
    reason: 'no-response',
    from: null,
    ttl: null,
    attempts: 1,
    rttMs: rtt(),
    reply: null,
    findings: [],
    expectation: null,
    ...changes,
  };
}

/** A port that answered with a SYN-ACK like Linux's, or with these options. */
export function open(target: string, number: number, changes: Changes = {}, optionsText: string = LINUX): PortRecord {
  const reply = {
    flags: 'S.',
    seq: 1,
    ack: 2,
    window: 65_160,
    options: [
      { kind: 2, name: 'mss', value: 1460 },
      { kind: 4, name: 'sackOK' },
      { kind: 8, name: 'ts', value: 3_238_971_711, echo: 3_899_810_016 },
      { kind: 1, name: 'nop' },
      { kind: 3, name: 'wscale', value: 7 },
    ] as const,
    optionsText,
    optionsHex: '',
    payloadLength: 0,
  };
  return port(target, number, 'open', { reason: 'syn-ack', from: target, ttl: 64, rttMs: rtt(0.212), reply, ...changes });
}

/** A port that answered with a reset. */
export function closed(target: string, number: number, changes: Changes = {}): PortRecord {
  return port(target, number, 'closed', { reason: 'rst', from: target, ttl: 64, rttMs: rtt(0.104), ...changes });
}

/** A port that never answered. */
export function silent(target: string, number: number, changes: Changes = {}): PortRecord {
  return port(target, number, 'filtered', { attempts: 3, ...changes });
}

/** A port for which `from` sent an ICMP error. */
export function prohibited(target: string, number: number, from: string, changes: Changes = {}): PortRecord {
  const reason = 'icmp-admin-prohibited';
  return port(target, number, 'filtered', { reason, from, ttl: 63, rttMs: rtt(12.345), ...changes });
}

/** A port whose SYN did not leave this host. */
export function unsent(target: string, number: number, errno: string): PortRecord {
  return port(target, number, 'error', { reason: `send-error:${errno}`, attempts: 0 });
}

/** The summary that belongs to `records`. */
export function summary(records: readonly ProbeRecord[], changes: Partial<SummaryRecord> = {}): SummaryRecord {
  const ports = records.filter((record) => record.type === 'port');
  const first = records.find((record) => record.type === 'run');
  const count = (state: PortState): number => ports.filter((record) => record.state === state).length;
  return {
    type: 'summary',
    targets: first?.probe.targets ?? 1,
    ports: first?.probe.ports ?? ports.length,
    open: count('open'),
    closed: count('closed'),
    filtered: count('filtered'),
    error: count('error'),
    probesSent: ports.reduce((sum, { attempts }) => sum + attempts, 0),
    repliesReceived: ports.filter(({ ttl }) => ttl !== null).length,
    repliesRejected: 0,
    kernelDrops: null,
    durationMs: 1234.5,
    interrupted: false,
    ...changes,
  };
}

/** Records of a whole run: `ports` between its first and last record. */
export function wholeRun(first: RunRecord, ports: readonly PortRecord[], changes: Partial<SummaryRecord> = {}): ProbeRecord[] {
  const records = [first, ...ports];
  return [...records, summary(records, changes)];
}

/** One line of a dry run. */
export const PACKET: PacketRecord = {
  type: 'packet',
  target: '10.0.0.2',
  port: 80,
  sourcePort: 61_000,
  seq: 1,
  ttl: 64,
  window: 64_240,
  optionsText: 'mss=1460',
  hex: '4500',
};

/** A finding with a detail of several lines. */
export const CLAMPED: Finding = {
  code: 'mss-clamped',
  option: 'mss',
  direction: 'reverse',
  sent: 1460,
  received: 1400,
  certainty: 'possible',
  detail:
    "The SYN-ACK advertises MSS 1400, but its window 65160 is 45 x 1448 (1460 less 12 bytes of timestamps) and fits no segment of 1400: the host's own MSS looks like 1460, lowered on the reverse path.",
};

/** A finding about an option. */
export const MISSING_SACK: Finding = {
  code: 'option-missing',
  option: 'sackOK',
  direction: 'unknown',
  sent: 'sackOK',
  received: null,
  certainty: 'possible',
  detail: 'sackOK was sent and is not in the SYN-ACK.',
};
