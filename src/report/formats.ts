import type { DoctorRecord } from '../records/doctor/records.ts';
import type { FirewallRecord } from '../records/firewall/records.ts';
import type { HandshakeRunRecord } from '../records/handshake/records.ts';
import type { MssRunRecord } from '../records/mss/records.ts';
import type { PathCommandRecord } from '../records/path/records.ts';
import type { ProbeRecord } from '../records/probe/records.ts';
import type { RespondRecord } from '../records/respond/records.ts';
import type { Reporter, ReportStyle } from './reporter.ts';

/** The records of every command that yields any. */
export interface CommandRecords {
  readonly probe: ProbeRecord;
  readonly path: PathCommandRecord;
  readonly mss: MssRunRecord;
  readonly handshake: HandshakeRunRecord;
  readonly firewall: FirewallRecord;
  readonly respond: RespondRecord;
  readonly doctor: DoctorRecord;
}

/** Loads what makes the reporter of one run: a run needs one of them. */
type LoadReporter<R> = () => Promise<(style: ReportStyle) => Reporter<R>>;

interface Format {
  /** In the words of the help. */
  readonly description: string;
  /** Of each command that has the format. */
  readonly reporters: { readonly [C in keyof CommandRecords]?: LoadReporter<CommandRecords[C]> };
}

/** Every format. Functions, so that the types are declared and the names still read off the table. */
export const FORMATS = {
  table: (): Format => ({
    description: 'for reading',
    reporters: {
      probe: async () => (await import('./probe/table.ts')).createTableReporter,
      path: async () => (await import('./path/path-text.ts')).createPathText,
      mss: async () => (await import('./mss/mss-text.ts')).createMssText,
      handshake: async () => (await import('./handshake/handshake-text.ts')).createHandshakeText,
      firewall: async () => (await import('./firewall/firewall-text.ts')).createFirewallReporter,
      respond: async () => (await import('./respond/respond-text.ts')).createRespondText,
      doctor: async () => (await import('./doctor/doctor-text.ts')).createDoctorText,
    },
  }),
  json: (): Format => forEveryCommand('JSON Lines, one record a line', async () => (await import('./json.ts')).createJsonLines),
};

/** What `--format` can name. */
export type FormatName = keyof typeof FORMATS;

/** A format that writes the records of all commands in one way. */
export function forEveryCommand(description: string, load: LoadReporter<CommandRecords[keyof CommandRecords]>): Format {
  const reporters = { probe: load, path: load, mss: load, handshake: load, firewall: load, respond: load, doctor: load };
  return { description, reporters };
}

/** The formats that a command has. */
export function formatsOf(
  command: keyof CommandRecords,
  formats: Readonly<Record<string, () => Format>> = FORMATS,
): readonly FormatName[] {
  return (Object.keys(formats) as FormatName[]).filter((name) => formats[name]?.().reporters[command] !== undefined);
}

/** What makes the reporters of a command in a format that it has. */
export function loadReporter<C extends keyof CommandRecords>(
  command: C,
  format: FormatName,
): ReturnType<LoadReporter<CommandRecords[C]>> {
  const load = FORMATS[format]().reporters[command];
  if (load === undefined) throw new Error(`${command} has no format ${format}`);
  return load();
}
