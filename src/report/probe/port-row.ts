import { formatRtt } from '../../records/duration-text.ts';
import type { PortRecord } from '../../records/probe/records.ts';
import { remarkLines, remarksOn } from '../remark.ts';
import { type Page, portLabel, shortOptions } from '../text/page.ts';
import type { Line } from '../text/row-layout.ts';

/** The row of a port: its label, state, round trip and TTL, with notes, and remarks below. */
export function portRow(record: PortRecord, page: Page): Line {
  const { port, state, rttMs, ttl } = record;
  return {
    cells: [
      { text: portLabel(port, 5) },
      { text: state, role: state },
      { text: formatRtt(rttMs) },
      { text: ttl === null ? '' : String(ttl) },
    ],
    notes: notesOf(record, page.verbose),
    below: remarkLines(remarksOn(record), page),
  };
}

/** The reason, the sender if not the target, the SYN's number if not the first, and the SYN-ACK's options. */
function notesOf(record: PortRecord, verbose: boolean): string {
  const source = otherSender(record);
  const sender = source === null ? '' : ` from ${source}`;
  const late = record.attempts > 1 && record.ttl !== null ? ` to SYN ${record.attempts}` : '';
  const optionsText = record.state === 'open' && record.reply !== null ? record.reply.optionsText : null;
  if (optionsText === null) return record.reason + sender + late;
  const options = shortOptions(optionsText, verbose);
  return `${record.reason}${sender}${late}: ${options === 'none' ? 'no options' : options}`;
}

/** The sender of the answer where it is not the target, else null. */
export function otherSender({ from, target }: PortRecord): string | null {
  return from === target ? null : from;
}
