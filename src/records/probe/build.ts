import type { Finding } from '../../analysis/finding.ts';
import type { Verdict } from '../../probe/verdict.ts';
import { type Address, formatAddress } from '../../wire/address.ts';
import type { DecodedPacket, TcpOption } from '../../wire/decoded.ts';
import { toHex } from '../../wire/bytes.ts';
import type { PacketView } from '../../wire/packet-view.ts';
import { formatTcpFlags } from '../../wire/tcp-flags.ts';
import { formatOptions } from '../../wire/tcp-options.ts';
import type { PortRecord } from './records.ts';
import type { Reply, Rtt } from '../records.ts';

const NO_OPTIONS: readonly TcpOption[] = [];
const NO_OPTIONS_TEXT = formatOptions(NO_OPTIONS);
const NO_FINDINGS: readonly Finding[] = [];

/** What the deciding TCP reply looked like; null where an ICMP error or silence decided. */
export function replyOf(packet: DecodedPacket | null): Reply | null {
  const tcp = packet?.tcp;
  if (tcp === undefined || tcp === null) return null;
  const { header } = tcp;
  return {
    flags: formatTcpFlags(header.flags),
    seq: header.seq,
    ack: header.ack,
    window: header.window,
    options: header.options,
    optionsText: formatOptions(header.options),
    optionsHex: toHex(header.optionBytes),
    payloadLength: tcp.payloadLength,
  };
}

/** The same of a TCP reply without options, straight from the packet: most answers are plain resets. */
export function plainReplyOf(view: PacketView): Reply {
  return {
    flags: formatTcpFlags(view.flags),
    seq: view.seq,
    ack: view.ack,
    window: view.window,
    options: NO_OPTIONS,
    optionsText: NO_OPTIONS_TEXT,
    optionsHex: '',
    payloadLength: view.payloadLength,
  };
}

/** Statistics of round trips in milliseconds, rounded to whole nanoseconds; all null without samples. */
export function rttOf(samples: readonly number[]): Rtt {
  if (samples.length === 0) return { min: null, avg: null, max: null, stddev: null, samples: 0 };
  if (samples.length === 1) {
    const rtt = toNanosecond(samples[0] as number);
    return { min: rtt, avg: rtt, max: rtt, stddev: 0, samples: 1 };
  }
  const average = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const variance = samples.reduce((sum, sample) => sum + (sample - average) ** 2, 0) / samples.length;
  return {
    min: toNanosecond(Math.min(...samples)),
    avg: toNanosecond(average),
    max: toNanosecond(Math.max(...samples)),
    stddev: toNanosecond(Math.sqrt(variance)),
    samples: samples.length,
  };
}

/** What a target is called. */
export interface TargetName {
  readonly address: Address;
  /** `address` in words. */
  readonly text: string;
  readonly hostname: string | null;
}

/** The record of a verdict about that target, without findings and not yet judged by expectations. */
export function portRecordOf(verdict: Verdict, target: TargetName, reply: Reply | null): PortRecord {
  const { from } = verdict;
  return {
    type: 'port',
    target: target.text,
    hostname: target.hostname,
    port: verdict.port,
    state: verdict.state,
    reason: verdict.reason,
    from: from === null ? null : from === target.address ? target.text : formatAddress(from),
    ttl: verdict.ttl,
    attempts: verdict.attempts,
    rttMs: rttOf(verdict.rttSamples),
    reply,
    findings: NO_FINDINGS,
    expectation: null,
  };
}

/** What a port record cannot be without. */
type Known = Pick<PortRecord, 'target' | 'hostname' | 'port' | 'state' | 'reason' | 'attempts'>;

/** A record that is not made of a verdict; what is not given was not heard. */
export function portRecordWith({
  target,
  hostname,
  port,
  state,
  reason,
  attempts,
  ...heard
}: Known & Partial<PortRecord>): PortRecord {
  return {
    type: 'port',
    target,
    hostname,
    port,
    state,
    reason,
    from: null,
    ttl: null,
    attempts,
    rttMs: rttOf([]),
    reply: null,
    findings: NO_FINDINGS,
    expectation: null,
    ...heard,
  };
}

/** Milliseconds, rounded to whole nanoseconds. */
export function toNanosecond(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1e6;
}
