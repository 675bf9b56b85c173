import { PortJson } from './probe/port-json.ts';
import type { Reporter, ReportStyle } from './reporter.ts';

/** JSON Lines: every record as it is, one a line. */
export function createJsonLines(): Reporter<object> {
  return { write: (record) => `${JSON.stringify(record)}\n` };
}

/** The same for `probe`, whose runs may have millions of records; with `openOnly` port records of other states are left out. */
export function createJsonReporter(style: ReportStyle): Reporter {
  const ports = new PortJson();
  return {
    write: (record) => {
      if (record.type !== 'port') return `${JSON.stringify(record)}\n`;
      return style.openOnly && record.state !== 'open' ? '' : ports.line(record);
    },
  };
}
