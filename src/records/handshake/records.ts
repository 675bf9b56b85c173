import type { RecordOf, RunRecord, SummaryRecord } from '../records.ts';

/** Records of `handshake`. */
export const HANDSHAKE_SHAPES = {
  segment: {
    $about: 'A packet of a connection, in the order of time.',
    type: ['"segment"', 'Always `segment`.'],
    target: ['address', 'Address of the target.'],
    port: ['portNumber', 'The port.'],
    connection: ['count', 'Number of the connection, from 1.'],
    purpose: ['purpose', 'Why the connection was made.'],
    direction: ['"out" | "in"', 'Whether it was sent or received.'],
    atMs: ['ms', "Since the port's first SYN, by the capture's clock."],
    flags: ['text | null', "Flags in tcpdump's letters; null for an ICMP error."],
    seq: ['u32 | null', 'Sequence number; null for an ICMP error.'],
    ack: ['u32 | null', 'Acknowledgement number; null without the ACK flag.'],
    window: ['u16 | null', 'Window as in the header; null for an ICMP error.'],
    optionsText: ['text | null', "Options in tcpdump's words; null for an ICMP error."],
    length: ['bytes | null', 'Length of its data; null for an ICMP error.'],
    relativeSeq: ['number | null', "Sequence number counted from the sender's ISN."],
    relativeAck: ['number | null', "Acknowledgement number counted from the receiver's ISN."],
    windowBytes: ['bytes | null', 'Window with its scale applied.'],
    note: ['text | null', 'What is remarkable about it.'],
    ttl: ['ttl', 'TTL in the IP header.'],
    clientState: ['tcpState', "This end's state behind it."],
    serverState: ['peerState | null', "The server's state behind it, as far as a client can tell."],
  },
  handshake: {
    $about: 'What the connections to a port show.',
    type: ['"handshake"', 'Always `handshake`.'],
    target: ['address', 'Address of the target.'],
    hostname: ['text | null', 'Name by which it was given.'],
    port: ['portNumber', 'The port.'],
    established: ['bool', 'Whether a connection that was asked for was established.'],
    state: ['state', 'State of the port.'],
    reason: ['text', 'What the state rests on; `interrupted` where the run ended before.'],
    synRttMs: ['ms | null', 'Round trip of SYN and SYN-ACK.'],
    synAckRetransmits: ['count | null', 'Repetitions of the SYN-ACK; null without one.'],
    synAckIntervalsMs: ['ms[] | null', 'Time between one SYN-ACK and the next.'],
    synProxy: ['bool | null', 'Whether a device completes handshakes for the host.'],
    synCookies: ['bool | null', 'Whether the host answers with SYN cookies.'],
    acceptQueueFull: ['bool | null', 'Whether the accept queue is full.'],
    resetAfterAck: ['bool | null', 'Whether a reset followed the ACK.'],
    application: [
      'application | null',
      'What came of talking to the application; null where nothing was said.',
      'sentBytes ackedBytes repliedBytes firstReplyMs',
    ],
    fastOpen: ['fastOpen | null', 'Fast Open; null where it was not tried.', '+cookie +dataAccepted'],
    pathMtu: ['pathMtu | null', 'Path MTU; null where it was not measured.', '+bytes +reportedBy'],
    ecn: ['ecnOutcome | null', 'ECN; null where it was not asked for, or unknown.'],
    negotiated: [
      'negotiated | null',
      'What SYN and SYN-ACK agreed upon; null without a SYN-ACK.',
      'options=optionsText mss segmentBytes window windowShift',
    ],
    isn: ['isn | null', 'What the initial sequence numbers have in common; null for fewer than three.', '+pattern'],
    stacks: ['stack[] | null', 'Machines that seem to answer at the address; null where one connection was made.', ''],
    closedBy: ['closedBy | null', 'Which end closed the connection; null where that was not seen.'],
    connections: ['count', 'Connections that were made.'],
    findings: ['finding[]', 'What the evidence shows.'],
    remarks: ['text[]', 'What else is worth saying, in sentences.', ''],
    expectation: ['expectation | null', 'Whether it is as expected; null without expectations.', '+met +why'],
  },
  application: {
    $about: 'What came of talking to the application.',
    sentBytes: ['bytes', 'Bytes sent.'],
    ackedBytes: ['bytes', 'Bytes that were acknowledged.'],
    repliedBytes: ['bytes', 'Bytes received.'],
    firstReplyMs: ['ms | null', 'From our first byte to its first, or from our ACK where it speaks first; null without a reply.'],
    reply: ['text | null', 'How the reply starts: a line of text, or the name of a TLS record; null where it is neither.'],
  },
  fastOpen: {
    $about: 'What came of Fast Open (RFC 7413).',
    cookie: ['hex | null', 'The cookie; null where none was granted.'],
    dataAccepted: ['bool | null', 'Whether the SYN-ACK acknowledged the data in the SYN; null without data or an answer.'],
  },
  pathMtu: {
    $about: 'How large packets may be.',
    bytes: ['bytes | null', 'The largest IP packet that arrived; null where none did.'],
    reportedBy: ['address | null', 'The router that announced the limit (ICMP 3/4); null where none did.'],
  },
  negotiated: {
    $about: 'What SYN and SYN-ACK agreed upon.',
    optionsText: ['text', "Options of the SYN-ACK in tcpdump's words."],
    mss: ['count', "The peer's MSS; 536 where it named none."],
    segmentBytes: ['bytes', 'Data of a full segment to the peer: its MSS less the options of every segment.'],
    window: ['bytes', "The peer's window in the SYN-ACK."],
    windowShift: ['u8 | null', 'The shift of its later windows; null without scaling.'],
    sack: ['bool', 'Whether SACK is agreed.'],
    timestamps: ['bool', 'Whether timestamps are agreed.'],
  },
  isn: {
    $about: 'What the initial sequence numbers of the peer have in common.',
    samples: ['count', 'How many were seen.'],
    pattern: ['"none" | "constant" | "even-steps" | "small-steps"', 'The pattern.'],
  },
  stack: {
    $about: 'One of the machines that seem to answer at an address.',
    synAcks: ['count', 'SYN-ACKs of it.'],
    ttl: ['ttl', 'TTL that they arrived with.'],
    window: ['u16', 'Window in their headers.'],
    options: ['text', 'Names of the options in order, with MSS and scale.'],
    ownClock: ['bool', 'Whether its timestamps come from a clock that the others do not share.'],
  },
} as const;

/** One packet of a connection, in the order of time. */
export interface SegmentRecord extends RecordOf<typeof HANDSHAKE_SHAPES, 'segment'> {}
/** What was found out about one port. */
export interface HandshakeRecord extends RecordOf<typeof HANDSHAKE_SHAPES, 'handshake'> {}
/** Everything that `handshake` yields. */
export type HandshakeRunRecord = RunRecord | SegmentRecord | HandshakeRecord | SummaryRecord;
