import { type Columns, columnsOf } from './columns.ts';
import { DOCTOR_SHAPES } from './doctor/records.ts';
import { FIREWALL_SHAPES } from './firewall/records.ts';
import { HANDSHAKE_SHAPES } from './handshake/records.ts';
import { MSS_SHAPES } from './mss/records.ts';
import { PATH_SHAPES } from './path/records.ts';
import { PROBE_SHAPES } from './probe/records.ts';
import { SHARED_SHAPES } from './records.ts';
import { RESPOND_SHAPES } from './respond/records.ts';
import type { Shape } from './shape.ts';

/** Commands that yield records. */
export type RecordCommand = 'probe' | 'path' | 'mss' | 'handshake' | 'firewall' | 'respond' | 'doctor';

interface CommandRecords {
  /** In the order in which they come; names of `SHAPES`. */
  readonly records: readonly string[];
  /** What the command is run for: each is a row of its CSV. */
  readonly main: Shape;
}

/** The records of each command. No command loads this file when it starts. */
export const COMMAND_RECORDS: Readonly<Record<RecordCommand, CommandRecords>> = {
  probe: { records: ['run', 'port', 'summary', 'packet'], main: PROBE_SHAPES.port },
  path: { records: ['run', 'hop', 'path', 'summary'], main: PATH_SHAPES.hop },
  mss: { records: ['run', 'mss', 'summary'], main: MSS_SHAPES.mss },
  handshake: { records: ['run', 'segment', 'handshake', 'summary'], main: HANDSHAKE_SHAPES.handshake },
  firewall: { records: ['run', 'firewall', 'summary'], main: FIREWALL_SHAPES.firewall },
  respond: { records: ['respondRun', 'attempt', 'respondSummary'], main: RESPOND_SHAPES.attempt },
  doctor: { records: ['doctor'], main: DOCTOR_SHAPES.doctor },
};

/** Every shape by its name. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  ...SHARED_SHAPES,
  ...PROBE_SHAPES,
  ...PATH_SHAPES,
  ...MSS_SHAPES,
  ...HANDSHAKE_SHAPES,
  ...FIREWALL_SHAPES,
  ...RESPOND_SHAPES,
  ...DOCTOR_SHAPES,
};

/** The CSV columns of a command. */
export function commandColumns(command: RecordCommand): Columns {
  return columnsOf(COMMAND_RECORDS[command].main);
}
