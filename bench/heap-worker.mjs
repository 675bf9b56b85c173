// Scans once with the library under V8's sampling heap profiler; prints a JSON line: `heap-worker.mjs
// '{"options":{...},"interval":BYTES}'`.
import { Session } from 'node:inspector/promises';
import { probe } from '../dist/index.js';

const { options, interval } = JSON.parse(process.argv[2]);
const session = new Session();
session.connect();
// Includes what was collected again; by default only live objects are shown.
const everything = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
await session.post('HeapProfiler.startSampling', { samplingInterval: interval, ...everything });
let summary = null;
for await (const record of probe({ ...options, onWarning: () => undefined })) if (record.type === 'summary') summary = record;
const { profile } = await session.post('HeapProfiler.stopSampling');

/** Bytes allocated by each function itself. */
function list({ callFrame, selfSize, children }) {
  const own = { name: callFrame.functionName, file: callFrame.url.replace(/^.*\/dist\//, ''), bytes: selfSize };
  return [own, ...children.flatMap(list)];
}

process.stdout.write(`${JSON.stringify({ summary, functions: list(profile.head) })}\n`);
