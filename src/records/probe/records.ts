import type { RecordOf, RunRecord, SummaryRecord } from '../records.ts';

/** Records of `probe`. */
export const PROBE_SHAPES = {
  port: {
    $about: 'A target and port, once its state is final.',
    type: ['"port"', 'Always `port`.'],
    target: ['address', 'Address of the target.'],
    hostname: ['text | null', 'Name by which it was given.'],
    port: ['portNumber', 'The port.'],
    state: ['state', 'Its state.'],
    reason: ['text', 'What the state rests on: `syn-ack`, `rst`, `no-response`, `icmp-...`, `send-error:ERRNO`.'],
    from: ['address | null', 'Sender of the deciding packet; another than the target for most ICMP errors.'],
    ttl: ['ttl | null', 'TTL that this packet arrived with.'],
    attempts: ['count', 'Number of the SYN that was answered; the number of SYNs sent where none was.'],
    rttMs: ['rtt', 'Round trips.', 'rttMinMs=min rttAvgMs=avg rttMaxMs=max'],
    reply: [
      'reply | null',
      'The TCP reply that decided; null where silence or an ICMP error did.',
      'flags window mss=options[mss].value options=optionsText',
    ],
    findings: ['finding[]', 'What the evidence shows.'],
    expectation: ['expectation | null', 'Whether it is as expected; null without expectations.', ''],
    'responder?': ['responder', 'What the responder saw; only with `--responder`.', ''],
  },
  packet: {
    $about: 'A SYN of `--dry-run`.',
    type: ['"packet"', 'Always `packet`.'],
    target: ['address', 'Address of the target.'],
    port: ['portNumber', 'The port.'],
    sourcePort: ['portNumber', 'Source port.'],
    seq: ['u32', 'Sequence number.'],
    ttl: ['ttl', 'TTL.'],
    window: ['u16', 'Window in the header.'],
    optionsText: ['text', "Options in tcpdump's words."],
    hex: ['hex', 'The packet from its IP header on.'],
  },
} as const;

/** One (target, port) pair, final. */
export interface PortRecord extends RecordOf<typeof PROBE_SHAPES, 'port'> {}
/** One line of `--dry-run`. */
export interface PacketRecord extends RecordOf<typeof PROBE_SHAPES, 'packet'> {}
/** Everything that `probe` yields. */
export type ProbeRecord = RunRecord | PortRecord | SummaryRecord | PacketRecord;
