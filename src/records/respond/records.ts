import type { RecordOf } from '../records.ts';

/** Records of `respond`. */
export const RESPOND_SHAPES = {
  respondRun: {
    $about: 'The first record of a responder.',
    type: ['"run"', 'Always `run`.'],
    schema: ['1', 'Version of these records.'],
    version: ['text', 'Version of synscope.'],
    command: ['"respond"', 'Always `respond`.'],
    engine: ['engine', 'What sends and captures packets.'],
    clock: ['clock', 'Which clock measures times.'],
    sendPath: ['sendPath', 'How packets are handed to the kernel, and why this way.'],
    startedAt: ['time', 'When it started.'],
    source: ['listenSource', 'Where it listens.'],
    listen: ['listen', 'What it waits for.'],
  },
  listenSource: {
    $about: 'Where a responder listens.',
    address: ['null', 'Always null: it listens on every address.'],
    interface: ['text | null', 'Interface; null for all of them.'],
  },
  listen: {
    $about: 'What a responder waits for.',
    ports: ['portNumber[]', 'Ports that it watches.'],
    forSeconds: ['seconds | null', 'When it ends; null for never.'],
    count: ['count | null', 'Attempts after which it ends; null for no limit.'],
  },
  attempt: {
    $about: 'A proven SYN, once its fate is final.',
    type: ['"attempt"', 'Always `attempt`.'],
    at: ['time', 'When the SYN arrived.'],
    from: ['address', 'Its source address as it arrived.'],
    fromPort: ['portNumber', 'Its source port as it arrived.'],
    to: ['address', 'Its destination address as it arrived.'],
    port: ['portNumber', 'Its destination port as it arrived.'],
    ttl: ['ttl', 'TTL that it arrived with.'],
    fate: ['attemptFate', 'What became of it.'],
    proof: ['proofCarrier[]', 'The fields in which the proof arrived.'],
    answeredAfterMs: ['ms | null', 'From its arrival until the SYN-ACK left; null where none did.'],
    synCopies: ['count', 'How often the SYN arrived.'],
    synAckCopies: ['count', 'How often the SYN-ACK left.'],
    syn: ['reply', 'The SYN.', 'window mss=options[mss].value options=optionsText'],
    synHex: ['hex', 'The SYN from its IP header on.', ''],
    synAckHex: ['hex | null', 'The SYN-ACK from its IP header on; null where none left.', ''],
  },
  respondSummary: {
    $about: 'The last record of a responder.',
    type: ['"summary"', 'Always `summary`.'],
    attempts: ['count', 'Proven SYNs.'],
    answered: ['count', 'Those that were answered.'],
    reported: ['count', 'Those whose report was fetched.'],
    strangers: ['count', 'SYNs without a proof; none of them was answered.'],
    rateLimited: ['count', 'SYNs that were not answered because there were too many.'],
    kernelDrops: ['count | null', 'Packets that the kernel dropped before they were read; null where the engine cannot tell.'],
    durationMs: ['ms', 'How long it ran.'],
    interrupted: ['bool', 'Whether it ended early.'],
  },
} as const;

/** First record of a responder. */
export interface RespondRunRecord extends RecordOf<typeof RESPOND_SHAPES, 'respondRun'> {}
/** One proven SYN, once its fate is final. */
export interface AttemptRecord extends RecordOf<typeof RESPOND_SHAPES, 'attempt'> {}
/** Last record of a responder. */
export interface RespondSummaryRecord extends RecordOf<typeof RESPOND_SHAPES, 'respondSummary'> {}
/** Everything that `respond` yields. */
export type RespondRecord = RespondRunRecord | AttemptRecord | RespondSummaryRecord;
