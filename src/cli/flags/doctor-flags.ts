import { flagSwitch, type FlagTable } from './flag.ts';
import { GENERAL_FLAGS, type GeneralOptions } from './general-flags.ts';

/** The options of `doctor`. */
export interface DoctorFlagOptions extends GeneralOptions {
  readonly json?: boolean;
}

/** Every flag of `doctor`. */
export const DOCTOR_FLAGS: FlagTable<DoctorFlagOptions> = {
  json: flagSwitch({ group: 'Output', description: 'one JSON record in place of text' }),
  ...GENERAL_FLAGS,
};
