// One run into a peer that drops everything, under V8's sampling heap profiler: allocations per probe, by
// function.
import { fileURLToPath } from 'node:url';
import { measure } from './measure.mjs';
import { grid } from './rate.mjs';
import { number, table } from './tables.mjs';

const WORKER = fileURLToPath(new URL('heap-worker.mjs', import.meta.url));
const LIMIT_SECONDS = 1200;
/** Mean distance of samples in allocated bytes: thousands of samples make the sum right to a few per cent. */
const INTERVAL = 4096;
const ROWS = 12;
/** Folders of the code that runs for each packet. */
const HOT = /^(?:wire|probe|transport|engine)\//;

/** Resolves to lines with the bytes per probe, and the functions that allocate them. */
export async function heapProfile(lab, { probes, engine }) {
  await lab.serve([]);
  lab.drop();
  const { hosts, ports } = grid(probes);
  const options = { targets: [`10.200.0.1-${hosts}`], ports, rate: 'max', retries: 0, openOnly: true, engine };
  const words = [process.execPath, WORKER, JSON.stringify({ options, interval: INTERVAL })];
  const run = await measure(lab, { words }, { limit: LIMIT_SECONDS });
  if (run.problem !== null) throw new Error(run.problem);
  const { summary, functions } = JSON.parse(run.output.toString('utf8'));
  return report(summary, merged(functions));
}

/** One entry per function, the largest first. */
function merged(functions) {
  const sums = new Map();
  for (const { name, file, bytes } of functions) {
    const key = `${file} ${name}`;
    sums.set(key, { name, file, bytes: (sums.get(key)?.bytes ?? 0) + bytes });
  }
  return [...sums.values()].toSorted((a, b) => b.bytes - a.bytes);
}

function report({ probesSent, ports, targets }, functions) {
  const of = (chosen) => chosen.reduce((sum, { bytes }) => sum + bytes, 0) / probesSent;
  const columns = [
    ['bytes per probe', ({ bytes }) => number(bytes / probesSent, 3)],
    ['function', ({ name }) => name || '(top level)'],
    ['file', ({ file }) => file || '(V8)'],
  ];
  return [
    `${number(probesSent)} probes of ${number(ports * targets)} pairs; allocated in total ${number(of(functions), 2)} bytes per probe,`,
    `by code that runs per packet (wire, probe, transport, engine) ${number(of(functions.filter(({ file }) => HOT.test(file))), 2)}. The largest:`,
    '',
    table(columns, functions.slice(0, ROWS)),
  ].join('\n');
}
