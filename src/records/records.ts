import type { ShapeOf } from './shape.ts';

/** Records and parts of them that several commands share. */
export const SHARED_SHAPES = {
  run: {
    $about: 'The first record of every run.',
    type: ['"run"', 'Always `run`.'],
    schema: ['1', 'Version of these records.'],
    version: ['text', 'Version of synscope.'],
    command: ['text', 'The command.'],
    engine: ['engine', 'What sends and captures packets.'],
    clock: ['clock', 'Which clock measures round trips.'],
    sendPath: ['sendPath', 'How packets are handed to the kernel, and why this way.'],
    startedAt: ['time', 'When the run started.'],
    source: ['source', "Where packets leave, by the first target's route."],
    probe: ['probeSummary', 'What the SYNs look like, and how many pairs are asked for.'],
  },
  sendPath: {
    $about: 'How packets are handed to the kernel.',
    name: ['sendPathName', 'Its name.'],
    why: ['text', 'Why it is this one, for people.'],
  },
  source: {
    $about: 'Where packets leave this host.',
    address: ['address | null', 'Source address; null without a route.'],
    interface: ['text | null', 'Interface; null without a route.'],
  },
  probeSummary: {
    $about: 'What the SYNs look like, and how many pairs are asked for.',
    options: ['text', "The SYN's options in tcpdump's words."],
    optionsHex: ['hex', 'The same as bytes.'],
    ttl: ['ttl', 'TTL that SYNs leave with.'],
    window: ['u16', 'Window in the header.'],
    retries: ['count', 'Retransmissions of an unanswered SYN.'],
    count: ['count', 'Round-trip samples of each port.'],
    rate: ['number | "max" | null', 'SYNs a second; null for the adaptive rate.'],
    seed: ['text', 'Seed of the order.'],
    shard: ['text | null', 'Which part of the pairs, `I/N`; null for all of them.'],
    sourcePorts: ['portNumber[]', 'Source ports of the run.'],
    targets: ['count', 'Targets.'],
    ports: ['count', 'Ports of each target.'],
  },
  summary: {
    $about: 'The last record of every run.',
    type: ['"summary"', 'Always `summary`.'],
    targets: ['count', 'Targets.'],
    ports: ['count', 'Ports of each target.'],
    open: ['count', 'Open ports.'],
    closed: ['count', 'Closed ports.'],
    filtered: ['count', 'Filtered ports.'],
    error: ['count', 'Ports whose SYN could not be sent.'],
    probesSent: ['count', 'Packets sent to targets.'],
    repliesReceived: ['count', 'Replies that proved themselves.'],
    repliesRejected: ['count', 'Replies that named our ports and failed the proof; they decide nothing.'],
    kernelDrops: ['count | null', 'Packets that the kernel dropped before they were read; null where the engine cannot tell.'],
    durationMs: ['ms', 'How long the run took.'],
    interrupted: ['bool', 'Whether it ended early.'],
  },
  rtt: {
    $about: 'Round trips of one port; all null without samples.',
    min: ['ms | null', 'The shortest.'],
    avg: ['ms | null', 'The mean.'],
    max: ['ms | null', 'The longest.'],
    stddev: ['ms | null', 'The standard deviation.'],
    samples: ['count', 'How many were measured.'],
  },
  reply: {
    $about: 'A TCP segment.',
    flags: ['text', "Flags in tcpdump's letters."],
    seq: ['u32', 'Sequence number.'],
    ack: ['u32', 'Acknowledgement number.'],
    window: ['u16', 'Window as in the header, not scaled.'],
    options: ['option[]', 'Options in order.'],
    optionsText: ['text', "The same in tcpdump's words."],
    optionsHex: ['hex', 'The same as bytes.'],
    payloadLength: ['bytes', 'Length of its data.'],
  },
  option: {
    $about: 'A TCP option.',
    $is: 'optionEol | optionNop | optionMss | optionWscale | optionSackOk | optionTs | optionTfo | optionData',
  },
  optionEol: { $about: 'End of the option list.', kind: ['0', 'Option kind.'], name: ['"eol"', 'Always `eol`.'] },
  optionNop: { $about: 'No operation.', kind: ['1', 'Option kind.'], name: ['"nop"', 'Always `nop`.'] },
  optionMss: {
    $about: 'Maximum segment size.',
    kind: ['2', 'Option kind.'],
    name: ['"mss"', 'Always `mss`.'],
    value: ['u16', 'The MSS in bytes.'],
  },
  optionWscale: {
    $about: 'Window scale.',
    kind: ['3', 'Option kind.'],
    name: ['"wscale"', 'Always `wscale`.'],
    value: ['u8', 'The shift.'],
  },
  optionSackOk: { $about: 'SACK permitted.', kind: ['4', 'Option kind.'], name: ['"sackOK"', 'Always `sackOK`.'] },
  optionTs: {
    $about: 'Timestamps.',
    kind: ['8', 'Option kind.'],
    name: ['"ts"', 'Always `ts`.'],
    value: ['u32', 'TSval.'],
    echo: ['u32', 'TSecr.'],
  },
  optionTfo: {
    $about: 'TCP Fast Open.',
    kind: ['34', 'Option kind.'],
    name: ['"tfo"', 'Always `tfo`.'],
    cookie: ['hex', 'The cookie; empty in a request.'],
  },
  optionData: {
    $about: 'Any other option, or what does not parse.',
    kind: ['u8', 'Option kind.'],
    name: ['text', 'A known name, `kind-N`, `malformed` for bytes that do not parse, `padding` for bytes after EOL.'],
    data: ['hex', 'What follows kind and length; of a malformed option everything after the kind.'],
  },
  expectation: {
    $about: 'Whether the expectations of `--expect...` are met.',
    met: ['bool', 'Whether all of them are.'],
    why: ['text | null', 'What was missed; null where all are met.'],
  },
  finding: {
    $about: 'Something that the evidence shows.',
    code: ['findingCode', 'What was found.'],
    option: ['text | null', 'The TCP option that it is about, by its name.'],
    direction: ['findingDirection', 'In which direction it happens.'],
    sent: ['text | number | null', 'What was sent.'],
    received: ['text | number | null', 'What was received.'],
    certainty: ['certainty', 'How strong the evidence is.'],
    detail: ['text', 'The evidence in a sentence.'],
  },
  change: {
    $about: 'A field in which a packet differs from what was sent.',
    field: ['changedField', 'The field.'],
    sent: ['changeValue', 'What was sent; null where the field was added.'],
    seen: ['changeValue', 'What was seen; null where the field was removed.'],
    how: ['changeManner', 'How it came to differ.'],
  },
  changeValue: {
    $about: 'What a field holds: a number, text or hex, or what an option carries; true for an option without a value.',
    $is: 'number | text | bool | stamps | null',
  },
  stamps: { $about: 'What a timestamp option carries.', value: ['u32', 'TSval.'], echo: ['u32', 'TSecr.'] },
  responder: {
    $about: "What the responder saw of a port's SYN, and what the path made of it.",
    status: ['responderStatus', 'How that is known.'],
    fate: ['attemptFate | null', 'What became of the SYN at the responder.'],
    arrivedAt: ['time | null', "When the SYN arrived, by the responder's clock."],
    answeredAfterMs: ['ms | null', 'From there until the SYN-ACK left; null where none did.'],
    ttl: ['ttl | null', 'TTL that the SYN arrived with.'],
    synCopies: ['count | null', 'How often the SYN arrived.'],
    synAckCopies: ['count | null', 'How often the SYN-ACK left.'],
    proof: ['proofCarrier[] | null', 'The fields in which the proof arrived.'],
    syn: ['hex | null', 'The SYN as the responder saw it.'],
    synAck: ['hex | null', 'The SYN-ACK as it left the responder.'],
    translation: ['translation | null', 'What NAT made of addresses and ports; null where nothing, or unknown.'],
    forward: ['change[] | null', 'Differences between the SYN that left and the one that arrived.'],
    reverse: ['change[] | null', 'Differences between the SYN-ACK that left and the one that arrived.'],
  },
  translation: {
    $about: 'Addresses and ports of the SYN that NAT changed: `10.0.0.2:4711 > 192.0.2.1:1024`.',
    source: ['text | null', 'The source; null where it was not changed.'],
    destination: ['text | null', 'The destination; null where it was not changed.'],
  },
} as const;

type Shared = typeof SHARED_SHAPES;

/** The type of the shape `K` of `S`, whose fields may name shared shapes. */
export type RecordOf<S, K extends keyof S> = ShapeOf<S & Shared, K>;

/** What the record of a port is called. */
export interface PairName {
  readonly target: string;
  readonly hostname: string | null;
  readonly port: number;
}

/** First record of every run. */
export interface RunRecord extends ShapeOf<Shared, 'run'> {}
/** What the SYNs look like and how many pairs are asked for. */
export interface ProbeSummary extends ShapeOf<Shared, 'probeSummary'> {}
/** Last record of every run. */
export interface SummaryRecord extends ShapeOf<Shared, 'summary'> {}
/** Round trips in milliseconds; all null without samples. */
export interface Rtt extends ShapeOf<Shared, 'rtt'> {}
/** A TCP segment. */
export interface Reply extends ShapeOf<Shared, 'reply'> {}
/** Whether the expectations of `--expect...` were met, and if not, why. */
export interface Expectation extends ShapeOf<Shared, 'expectation'> {}
/** Something that the evidence shows. */
export interface Finding extends ShapeOf<Shared, 'finding'> {}
/** What the responder saw of a port's SYN. */
export interface ResponderRecord extends ShapeOf<Shared, 'responder'> {}
/** How the responder comes to be known. */
export type ResponderStatus = ResponderRecord['status'];
