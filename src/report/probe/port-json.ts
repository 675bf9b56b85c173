import type { PortRecord } from '../../records/probe/records.ts';
import type { Reply, Rtt } from '../../records/records.ts';

/**
 * Writes port records as `JSON.stringify` does, several times faster for silent ports and plain resets, of
 * which there may be millions: what these share is kept as text from one to the next. Others are left to it.
 */
export class PortJson {
  #named: PortRecord | null = null;
  #name = '';
  #quotedTarget = '';
  #judged: PortRecord | null = null;
  #judgement = '';
  #tail = '';
  #replied: Reply | null = null;
  #replyStart = '';
  #replyEnd = '';

  /** The line of `record`, its fields in the order of its type. */
  line(record: PortRecord): string {
    const { reply, findings, expectation, rttMs } = record;
    const isPlain =
      findings.length === 0 &&
      expectation === null &&
      record.responder === undefined &&
      hasOneRtt(rttMs) &&
      (reply === null || (reply.options.length === 0 && reply.optionsHex === ''));
    if (!isPlain) return `${JSON.stringify(record)}\n`;
    this.#rememberName(record);
    this.#rememberJudgement(record);
    const from = record.from === record.target ? this.#quotedTarget : JSON.stringify(record.from);
    const start = `${this.#name}${json(record.port)}${this.#judgement}${from}${this.#tail}${rttJson(rttMs)}`;
    if (reply === null) return `${start}null,"findings":[],"expectation":null}\n`;
    this.#rememberReply(reply);
    return `${start}${this.#replyStart}${json(reply.ack)}${this.#replyEnd}`;
  }

  #rememberName(record: PortRecord): void {
    const { target, hostname } = record;
    if (this.#named !== null && this.#named.target === target && this.#named.hostname === hostname) return;
    this.#named = record;
    this.#quotedTarget = JSON.stringify(target);
    this.#name = `{"type":"port","target":${this.#quotedTarget},"hostname":${JSON.stringify(hostname)},"port":`;
  }

  #rememberJudgement(record: PortRecord): void {
    const { state, reason, ttl, attempts } = record;
    const last = this.#judged;
    if (last !== null && last.reason === reason && last.state === state && last.ttl === ttl && last.attempts === attempts) return;
    this.#judged = record;
    this.#judgement = `,"state":"${state}","reason":${JSON.stringify(reason)},"from":`;
    this.#tail = `,"ttl":${json(ttl)},"attempts":${json(attempts)},"rttMs":`;
  }

  #rememberReply(reply: Reply): void {
    const last = this.#replied;
    if (last !== null && isAlike(last, reply)) return;
    this.#replied = reply;
    this.#replyStart = `{"flags":${JSON.stringify(reply.flags)},"seq":${json(reply.seq)},"ack":`;
    this.#replyEnd = `,"window":${json(reply.window)},"options":[],"optionsText":${JSON.stringify(reply.optionsText)},"optionsHex":"","payloadLength":${json(reply.payloadLength)}},"findings":[],"expectation":null}\n`;
  }
}

const NO_RTT: Rtt = { min: null, avg: null, max: null, stddev: null, samples: 0 };
const NO_RTT_JSON = `${JSON.stringify(NO_RTT)},"reply":`;

/** One round trip, or none. */
function hasOneRtt({ min, avg, max, stddev, samples }: Rtt): boolean {
  if (min !== avg || min !== max) return false;
  return samples === 1 ? min !== null && stddev === 0 : samples === 0 && min === null && stddev === null;
}

function rttJson({ min, samples }: Rtt): string {
  if (samples === 0) return NO_RTT_JSON;
  const rtt = json(min);
  return `{"min":${rtt},"avg":${rtt},"max":${rtt},"stddev":0,"samples":1},"reply":`;
}

/** Compares everything but the acknowledgement, which differs from port to port. */
function isAlike(a: Reply, b: Reply): boolean {
  return (
    a.flags === b.flags &&
    a.seq === b.seq &&
    a.window === b.window &&
    a.payloadLength === b.payloadLength &&
    a.optionsText === b.optionsText
  );
}

/** NaN and infinities are null in JSON. */
function json(value: number | null): string {
  return value === null || !Number.isFinite(value) ? 'null' : `${value}`;
}
