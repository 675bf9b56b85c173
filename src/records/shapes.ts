import { DOCTOR_SHAPES } from './doctor/records.ts';
import { FIREWALL_SHAPES } from './firewall/records.ts';
import { HANDSHAKE_SHAPES } from './handshake/records.ts';
import { MSS_SHAPES } from './mss/records.ts';
import { PATH_SHAPES } from './path/records.ts';
import { PROBE_SHAPES } from './probe/records.ts';
import { SHARED_SHAPES } from './records.ts';
import { RESPOND_SHAPES } from './respond/records.ts';
import type { Shapes } from './shape.ts';

/** The shapes of each command. */
export const COMMAND_SHAPES: Readonly<Record<string, Shapes>> = {
  probe: PROBE_SHAPES,
  path: PATH_SHAPES,
  mss: MSS_SHAPES,
  handshake: HANDSHAKE_SHAPES,
  firewall: FIREWALL_SHAPES,
  respond: RESPOND_SHAPES,
  doctor: DOCTOR_SHAPES,
};

/** Every shape. No command loads this file when it starts. */
export const SHAPES: Shapes = Object.assign({}, SHARED_SHAPES, ...Object.values(COMMAND_SHAPES)) as Shapes;
