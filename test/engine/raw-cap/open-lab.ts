import { rawCap } from '../../../src/engine/raw-cap/raw-cap.ts';
import { openEngineLab, type OpenLab } from '../linux/engine-lab.ts';

export { CLOSED_PORT, OPEN_PORT, type OpenLab } from '../linux/engine-lab.ts';

/** The lab of all engines, with raw-cap. */
export function openLab(sourcePorts = 64): Promise<OpenLab> {
  return openEngineLab((options) => rawCap.open(options), sourcePorts);
}
