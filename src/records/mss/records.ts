import type { RecordOf, RunRecord, SummaryRecord } from '../records.ts';

/** Records of `mss`. */
export const MSS_SHAPES = {
  mss: {
    $about: 'What becomes of the MSS between here and a port.',
    type: ['"mss"', 'Always `mss`.'],
    target: ['address', 'Address of the target.'],
    hostname: ['text | null', 'Name by which it was given.'],
    port: ['portNumber', 'The port.'],
    state: ['state', 'Its state.'],
    reason: ['text', 'What the state rests on.'],
    rows: ['mssRow[]', 'The offers in order, and what came of them.', ''],
    forward: ['mssVerdict', 'The MSS option on the forward path.', '+clampedTo +change +certainty +mss'],
    reverse: ['mssVerdict', 'The MSS option on the reverse path.', '+clampedTo +change +certainty +mss'],
    findings: ['finding[]', 'The changes in the words that all commands share, and what else showed.'],
    expected: ['expectedMss | null', 'What `--expect...` asked for; null without expectations.', '+forward +reverse'],
    pass: ['bool | null', 'Whether it is so; null without expectations.'],
    why: ['text | null', 'What was missed; null where nothing was.'],
    expectation: ['expectation | null', '`pass` and `why` as in the other commands; null without expectations.', ''],
  },
  mssRow: {
    $about: 'An offered MSS, and what came of it.',
    offered: ['count | null', 'The offer; null for a SYN without the option.'],
    advertised: ['count | null', 'MSS of the SYN-ACK; null without the option or without a SYN-ACK.'],
    effective: ['bytes | null', "Size of the host's full segments, option bytes included; null where none came."],
    atLeast: ['bytes | null', 'Size of its largest single segment, full or not; null where none is known.'],
    receivedBytes: ['bytes', 'Bytes that the host sent.'],
    window: ['u16 | null', 'Window in the header of the SYN-ACK; null without one.'],
  },
  mssVerdict: {
    $about: 'What becomes of the MSS option in one direction.',
    clampedTo: ['count | null', 'The MSS that a device writes or leaves at most; null where none does, or unknown.'],
    change: ['mssChange | null', 'What the device does; null where nothing was seen to change it.'],
    certainty: [
      'certainty | "none" | "unknown"',
      '`none`: a change would have shown, none did; `unknown`: it would not have shown.',
    ],
    evidence: ['mssEvidence[]', 'What the verdict rests on.'],
    mss: ['count | null', 'The MSS that arrives for what an ordinary connection offers; null where that does not show.'],
    detail: ['text', 'Why, in sentences.'],
  },
  expectedMss: {
    $about: 'The MSS that was expected in each direction.',
    forward: ['text | null', 'As it was written; null where nothing was expected.'],
    reverse: ['text | null', 'As it was written; null where nothing was expected.'],
  },
} as const;

/** One offered MSS and what came of it. */
export interface MssRowRecord extends RecordOf<typeof MSS_SHAPES, 'mssRow'> {}
/** What becomes of the MSS option in one direction. */
export interface MssVerdict extends RecordOf<typeof MSS_SHAPES, 'mssVerdict'> {}
/** What was expected of each direction, as it was written; null where nothing was. */
export interface ExpectedMss extends RecordOf<typeof MSS_SHAPES, 'expectedMss'> {}
/** What was found out about one port. */
export interface MssRecord extends RecordOf<typeof MSS_SHAPES, 'mss'> {}
/** Everything that `mss` yields. */
export type MssRunRecord = RunRecord | MssRecord | SummaryRecord;
