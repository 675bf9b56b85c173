// Probes repeatedly in one process; a third of the runs is aborted, a third left by its reader. Prints as
// one JSON line per send path what the process held after its first and its last run: node many-runs.mjs
// DIST TARGET RUNS
import { readFileSync, readdirSync } from 'node:fs';

const [, , dist, target, runs] = process.argv;
const { probe } = await import(`${dist}/index.js`);

const lines = (path) => readFileSync(path, 'utf8').trim().split('\n');
const held = () => ({
  descriptors: readdirSync('/proc/self/fd').length,
  packetSockets: lines('/proc/self/net/packet').length - 1,
  socketMappings: lines('/proc/self/maps').filter((line) => line.includes('socket:')).length,
  megabytes: Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024,
});

async function probeOnce(sendPath, turn) {
  const abort = new AbortController();
  let records = 0;
  for await (const record of probe({ targets: [target], ports: '1-2000', sendPath, rate: 'max', signal: abort.signal })) {
    if (record.type === 'run' && record.sendPath.name !== sendPath) throw new Error(`sent by ${record.sendPath.name}`);
    records++;
    if (turn % 3 === 1 && records === 50) abort.abort();
    if (turn % 3 === 2 && records === 50) break;
  }
}

for (const sendPath of ['raw-ip', 'af-xdp', 'af-packet']) {
  // The first runs grow the heap.
  for (let turn = 0; turn < 6; turn++) await probeOnce(sendPath, turn);
  const before = held();
  for (let turn = 0; turn < Number(runs); turn++) await probeOnce(sendPath, turn);
  process.stdout.write(`${JSON.stringify({ sendPath, before, after: held() })}\n`);
}
