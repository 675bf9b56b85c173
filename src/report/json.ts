import { PortJson } from './probe/port-json.ts';
import type { PortRecord } from '../records/probe/records.ts';
import type { Reporter, ReportStyle } from './reporter.ts';

/** JSON Lines: every record as it is, one a line; with `openOnly`, only port records of open ports. */
export function createJsonLines({ openOnly }: ReportStyle): Reporter<object> {
  const ports = new PortJson();
  return {
    write: (record) => {
      if (!('type' in record) || record.type !== 'port') return `${JSON.stringify(record)}\n`;
      const port = record as PortRecord;
      return openOnly && port.state !== 'open' ? '' : ports.line(port);
    },
  };
}
