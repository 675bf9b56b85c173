import type { Reporter, ReportStyle } from './reporter.ts';

/** JSON Lines: every record as it is, one a line; with `openOnly` port records of other states are left out. */
export function createJsonReporter(style: ReportStyle): Reporter {
  return {
    write: (record) => (style.openOnly && record.type === 'port' && record.state !== 'open' ? '' : `${JSON.stringify(record)}\n`),
  };
}
