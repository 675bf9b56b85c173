import type { RecordOf, RunRecord, SummaryRecord } from '../records.ts';

/** Records of `path`. */
export const PATH_SHAPES = {
  hop: {
    $about: 'A router, or the end of the path, at one TTL. A TTL with several routers has a record for each.',
    type: ['"hop"', 'Always `hop`.'],
    target: ['address', 'Address of the target.'],
    port: ['portNumber', 'The port.'],
    variant: ['text', 'Which of the SYNs of `--vary`: `as asked`, `bare`, `without ts`, ...'],
    ttl: ['ttl', 'TTL of the probes.'],
    address: ['address | null', 'Address that answered; null for a silent hop.'],
    name: ['text | null', 'Its name; null without `--resolve`, or without a name.'],
    rttMs: ['ms[]', 'Round trips.'],
    sent: ['count', 'Probes that left with this TTL.'],
    reply: ['text | null', 'What came: `icmp-ttl-exceeded`, `syn-ack`, `rst`, ...'],
    quotedBytes: ['bytes', 'Bytes of our packet that the ICMP error quotes, its IP header included.'],
    quotedTtl: ['ttl | null', 'TTL of the quoted packet; null without a quote.'],
    changes: ['change[]', 'What the quote shows to be changed.'],
    extensions: ['icmpExtension[]', 'RFC 4884 objects behind the quote.'],
  },
  icmpExtension: {
    $about: 'An RFC 4884 extension object.',
    classNumber: ['u8', 'Class.'],
    classType: ['u8', 'Type.'],
    data: ['hex', 'Its payload.'],
    mpls: ['mplsLabel[] | null', 'The label stack (RFC 4950); null for other objects.'],
  },
  mplsLabel: {
    $about: 'An entry of an MPLS label stack (RFC 3032).',
    label: ['count', 'Label.'],
    trafficClass: ['u8', 'Traffic class.'],
    bottomOfStack: ['bool', 'Whether it is the last.'],
    ttl: ['ttl', 'TTL of the label.'],
  },
  path: {
    $about: 'A path as a whole, after its hops.',
    type: ['"path"', 'Always `path`.'],
    target: ['address', 'Address of the target.'],
    hostname: ['text | null', 'Name by which it was given.'],
    port: ['portNumber', 'The port.'],
    variant: ['text', 'Which of the SYNs of `--vary`: `as asked`, `bare`, `without ts`, ...'],
    options: ['text', "The SYN's options in tcpdump's words."],
    reached: ['bool', 'Whether the target itself answered.'],
    state: ['state | null', 'State of the port; null where the run was interrupted before it was known.'],
    reason: ['text | null', 'What the state rests on.'],
    from: ['address | null', 'Sender of the deciding packet.'],
    hops: ['ttl', 'TTL at which the target answered, else the last that was answered; 0 for none.'],
    changes: ['pathChange[]', 'What was changed, and where.'],
    findings: ['finding[]', 'What the evidence shows.'],
    expectation: ['expectation | null', 'Whether it is as expected; null without expectations.'],
    'responder?': ['responder', 'What the responder saw; only with `--responder`.'],
  },
  pathChange: {
    $about: 'A change, and where on the path it was made.',
    field: ['changedField', 'The field.'],
    sent: ['changeValue', 'What was sent; null where the field was added.'],
    seen: ['changeValue', 'What was seen; null where the field was removed.'],
    how: ['changeManner', 'How it came to differ.'],
    afterTtl: ['ttl', 'The last hop whose quote shows what was sent; 0 is this host.'],
    atTtl: ['ttl', 'The first hop whose quote differs.'],
    between: ['addressOrNull[2]', 'Addresses of both; null for a silent hop.'],
    detail: ['text', 'The same in a sentence.'],
  },
  addressOrNull: { $about: 'An address, or null for a silent hop.', $is: 'address | null' },
} as const;

/** One router, or the end of the path, at one TTL. */
export interface HopRecord extends RecordOf<typeof PATH_SHAPES, 'hop'> {}
/** A change, and where it was made. */
export interface PathChange extends RecordOf<typeof PATH_SHAPES, 'pathChange'> {}
/** A path as a whole. */
export interface PathRecord extends RecordOf<typeof PATH_SHAPES, 'path'> {}
/** Everything that `path` yields. */
export type PathCommandRecord = RunRecord | HopRecord | PathRecord | SummaryRecord;
