import type { RecordOf, RunRecord, SummaryRecord } from '../records.ts';

/** Records of `firewall`. */
export const FIREWALL_SHAPES = {
  firewall: {
    $about: 'How a port is guarded.',
    type: ['"firewall"', 'Always `firewall`.'],
    target: ['address', 'Address of the target.'],
    hostname: ['text | null', 'Name by which it was given.'],
    port: ['portNumber', 'The port.'],
    tests: ['test[]', 'What was sent, and what came back.', ''],
    policy: ['policy', 'What becomes of an ordinary SYN.'],
    reason: ['text', 'What the usual SYN met, in the words of `probe`.'],
    stateful: ['bool | null', 'True: SYNs pass where a bare ACK does not; false: the host answered a bare ACK; null: unknown.'],
    proxy: ['bool | null', 'Whether something before the host accepts the SYN; null where the port is not open, or unknown.'],
    answeredBy: ['"host" | "middlebox" | null', 'What answered the usual SYN; null for silence, or unknown.'],
    answeredAt: ['place | null', 'Where that answer was made; null for silence.', '+ttl +address'],
    droppedAfter: ['place | null', 'The farthest router that SYNs to a silent port reached; null for none.', '+ttl +address'],
    rateLimit: ['number | null', 'SYNs a second that pass, where `--rate-limit` found a limit.'],
    verdict: ['text', 'The verdict in a sentence.'],
    findings: ['finding[]', 'What the evidence shows.'],
    expectation: ['expectation | null', 'Whether it is as expected; null without expectations.', '+met +why'],
  },
  test: {
    $about: 'A test of a port.',
    probe: ['testKind', 'What was sent.'],
    reply: ['text | null', '`syn-ack`, `rst`, `syn`, an ICMP reason, `send-error:ERRNO`; null for silence.'],
    from: ['address | null', 'Sender of the reply.'],
    ttl: ['ttl | null', 'TTL that the reply arrived with.'],
    rttMs: ['ms | null', 'Round trip.'],
    sentTtl: ['ttl | null', 'The limited TTL of a `syn-ttl`, else null.'],
    option: ['text | null', 'The option of a `syn-option`, else null.'],
    round: ['count', '1, and more for repetitions.'],
    attempts: ['count', 'Packets sent.'],
  },
  place: {
    $about: 'A place on the path.',
    ttl: ['ttl | null', 'TTL at which it is reached; 1 is the first router.'],
    address: ['address | null', 'Its address.'],
    hopsBeforeTarget: ['number | null', 'Hops between it and the target.'],
  },
} as const;

/** One test of a port. */
export interface TestRecord extends RecordOf<typeof FIREWALL_SHAPES, 'test'> {}
/** A place on the path: `ttl` 1 is the first router. */
export interface PlaceRecord extends RecordOf<typeof FIREWALL_SHAPES, 'place'> {}
/** How one (target, port) pair is guarded. */
export interface FirewallPortRecord extends RecordOf<typeof FIREWALL_SHAPES, 'firewall'> {}
/** Everything that `firewall` yields. */
export type FirewallRecord = RunRecord | FirewallPortRecord | SummaryRecord;
