import type { Finding } from '../analysis/finding.ts';
import type { Verdict } from '../probe/verdict.ts';
import { formatAddress } from '../wire/address.ts';
import type { DecodedPacket } from '../wire/decoded.ts';
import { toHex } from '../wire/hex.ts';
import { formatTcpFlags } from '../wire/tcp-flags.ts';
import { formatOptions } from '../wire/tcp-options.ts';
import type { PortRecord, Reply, Rtt } from './records.ts';

/** What the deciding TCP reply looked like; null where an ICMP error or silence decided. */
function replyOf(packet: DecodedPacket | null): Reply | null {
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

/** Statistics of round trips in milliseconds, rounded to whole nanoseconds; all null without samples. */
function rttOf(samples: readonly number[]): Rtt {
  if (samples.length === 0) return { min: null, avg: null, max: null, stddev: null, samples: 0 };
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

/** The record of a verdict whose reply has been decoded; not yet judged by expectations. */
export function portRecordOf(verdict: Verdict, hostname: string | null, reply: DecodedPacket | null): PortRecord {
  return {
    type: 'port',
    target: formatAddress(verdict.target),
    hostname,
    port: verdict.port,
    state: verdict.state,
    reason: verdict.reason,
    from: verdict.from === null ? null : formatAddress(verdict.from),
    ttl: verdict.ttl,
    attempts: verdict.attempts,
    rttMs: rttOf(verdict.rttSamples),
    reply: replyOf(reply),
    findings: [] as readonly Finding[],
    expectation: null,
  };
}

function toNanosecond(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1e6;
}
