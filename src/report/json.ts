import { PortJson } from './probe/port-json.ts';
import type { PortRecord } from '../records/probe/records.ts';
import type { Reporter, ReportStyle } from './reporter.ts';

/** JSON Lines: every record as it is, one a line; with `openOnly`, only port records of open ports. */
export function createJsonLines({ openOnly }: ReportStyle): Reporter<object> {
  const ports = new PortJson();
  return {
    write: (record) => {
      if (!isPort(record)) return `${JSON.stringify(record)}\n`;
      return openOnly && record.state !== 'open' ? '' : ports.line(record);
    },
  };
}

/** Port records, of which a run may have millions, are not left to JSON.stringify. */
function isPort(record: object): record is PortRecord {
  return 'type' in record && record.type === 'port';
}
