// Scans with the library repeatedly until it is ended; prints a JSON line per run:
// `soak-worker.mjs '{"engines":[...],"ports":N,"targets":{ADDRESS:STATE,...}}'`.
import { readdirSync } from 'node:fs';
import { probe } from '../dist/index.js';

const { engines, ports, targets } = JSON.parse(process.argv[2]);

/** Counts port records in a wrong state; a target that answers may also be `open`. */
async function scan(engine) {
  const left = new Map(Object.keys(targets).map((target) => [target, ports]));
  let wrong = 0;
  const options = {
    targets: Object.keys(targets),
    ports: `1-${ports}`,
    engine,
    timeout: 200,
    retries: 1,
    onWarning: () => undefined,
  };
  for await (const record of probe(options)) {
    if (record.type !== 'port') continue;
    left.set(record.target, left.get(record.target) - 1);
    if (!targets[record.target].includes(record.state)) wrong++;
  }
  for (const missing of left.values()) wrong += Math.abs(missing);
  return wrong;
}

/** Bytes and counts after a full collection. The descriptor that reads the folder is not counted. */
function footprint() {
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external, descriptors: readdirSync('/proc/self/fd').length - 1 };
}

for (let run = 0; ; run++) {
  const engine = engines[run % engines.length];
  const wrong = await scan(engine);
  process.stdout.write(`${JSON.stringify({ engine, wrong, ...footprint() })}\n`);
}
