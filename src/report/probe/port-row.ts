import { serviceName } from '../../probe/targets/service-names.ts';
import { formatRtt } from '../../records/duration-text.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import { remarksOn, type Remark } from '../remark.ts';

/** One port as a line of a table, its texts not yet padded. */
export interface PortRow {
  readonly record: PortRecord;
  readonly port: string;
  readonly rtt: string;
  readonly ttl: string;
  /** The reason, with who else answered, which SYN if not the first, and the SYN-ACK's options. */
  readonly notes: string;
  readonly remarks: readonly Remark[];
}

/** The row of `record`; timestamps lose their values unless `verbose`. */
export function portRow(record: PortRecord, verbose: boolean): PortRow {
  return {
    record,
    port: portLabel(record.port),
    rtt: formatRtt(record.rttMs),
    ttl: record.ttl === null ? '' : String(record.ttl),
    notes: notesOf(record, verbose),
    remarks: remarksOn(record),
  };
}

/** `443 https`, the number set right in a column of five. */
function portLabel(port: number): string {
  const name = serviceName(port);
  return `${String(port).padStart(5)}${name === null ? '' : ` ${name}`}`;
}

function notesOf(record: PortRecord, verbose: boolean): string {
  const source = elsewhere(record);
  const sender = source === null ? '' : ` from ${source}`;
  const late = record.attempts > 1 && record.ttl !== null ? ` to SYN ${record.attempts}` : '';
  const optionsText = record.state === 'open' && record.reply !== null ? record.reply.optionsText : null;
  if (optionsText === null) return record.reason + sender + late;
  const options = verbose ? optionsText : optionsText.replace(/\bts=[\d:]+/g, 'ts');
  return `${record.reason}${sender}${late}: ${options === 'none' ? 'no options' : options}`;
}

/** Who answered in the target's place, or null. */
export function elsewhere(record: PortRecord): string | null {
  return record.from === record.target ? null : record.from;
}
