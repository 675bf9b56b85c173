// Scans for minutes in one process and reports whether its memory and file descriptors stay flat. Root
// only: it makes two network namespaces.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gcTrace } from './gc-trace.mjs';
import { heapProfile } from './heap-profile.mjs';
import { endGroup, PEER, withLab } from './lab.mjs';
import { FAST, PORTABLE } from './programs.mjs';
import { median, number, table } from './tables.mjs';

const WORKER = fileURLToPath(new URL('soak-worker.mjs', import.meta.url));
const SILENT = '10.99.0.3';
const REJECTING = '10.99.0.4';
const TARGETS = { [PEER.address]: ['open', 'closed'], [SILENT]: ['filtered'], [REJECTING]: ['filtered'] };
const RULES = `table ip soak {
  chain input {
    type filter hook input priority 0;
    ip daddr ${SILENT} drop
    ip daddr ${REJECTING} reject with icmp type admin-prohibited
  }
}`;
/** With three targets, enough packets that batches are posted to a thread. */
const PORTS = 4000;
const OPEN = [22, 80];
const MB = 1024 * 1024;
/** Share of the runs in which compilers, allocator and pools may still grow. */
const WARM_UP = 0.1;
/**
 * The last quarter may exceed the first by this share plus these MB: allocator noise in soaks of a flat
 * process.
 */
const TOLERATED = { share: 0.03, megabytes: { rss: 6, heap: 1, external: 1 } };

const USAGE = `Usage: scripts/soak [MINUTES] [OPTIONS]

Scans a host that answers, a silent one and one that rejects, for MINUTES (default 30).
Prints a line per minute and a verdict; exit 1 when memory or file descriptors grew or an answer was wrong.
Memory always grows in the first minutes: a verdict needs ten or more.

  --engine NAME   only this engine (default: both in turn)
  --gc            instead: one run into a dropping peer with node --trace-gc; prints the longest pause
  --heap          instead: the same run under V8's sampling heap profiler; prints the allocations per probe by function
  --probes N      probes of that run (default 10000000)`;

async function soak(lab, minutes, engines) {
  for (const address of [SILENT, REJECTING]) lab.addAddress(address);
  lab.nft(RULES);
  await lab.serve(OPEN);
  const plan = JSON.stringify({ engines, ports: PORTS, targets: TARGETS });
  const child = lab.start('prober', [process.execPath, '--expose-gc', WORKER, plan], ['ignore', 'pipe', 'inherit']);
  const ended = once(child, 'close').then(([code]) => code);
  const samples = [];
  createInterface({ input: child.stdout }).on('line', (line) => samples.push({ at: Date.now(), ...JSON.parse(line) }));
  const started = Date.now();
  const lost = await reportEveryMinute({ samples, minutes, started, ended });
  endGroup(child.pid);
  if (lost !== null) throw new Error(`the scanning process ended with ${lost}`);
  return samples.map((sample) => ({ ...sample, at: (sample.at - started) / 60_000 }));
}

/** Resolves after `minutes` to null, or to the exit code of the process when that ends before. */
async function reportEveryMinute({ samples, minutes, started, ended }) {
  for (let minute = 1; minute < minutes + 1; minute++) {
    const until = started + Math.min(minute, minutes) * 60_000;
    const over = await Promise.race([ended.then((code) => code ?? 'a signal'), pause(until - Date.now())]);
    if (over !== undefined) return over;
    say(
      minuteLine(
        Math.min(minute, minutes),
        samples.filter(({ at }) => at >= until - 60_000),
      ),
    );
  }
  return null;
}

function minuteLine(minute, samples) {
  const wrong = samples.reduce((sum, sample) => sum + sample.wrong, 0);
  const of = (field) => megabytes(median(samples.map((sample) => sample[field])) ?? 0);
  const descriptors = [...new Set(samples.map((sample) => sample.descriptors))].toSorted((a, b) => a - b).join('-');
  return `minute ${number(minute)}: ${samples.length} runs, rss ${of('rss')} MB, heap ${of('heap')} MB, external ${of('external')} MB, ${descriptors} descriptors, ${wrong} wrong`;
}

/** Compares the first and the last quarter after the warm-up; `grew` names the figures that grew. */
function verdict(samples, minutes) {
  const warm = samples.filter(({ at }) => at > minutes * WARM_UP);
  const quarter = Math.floor(warm.length / 4);
  if (quarter === 0) return { rows: [], problem: 'fewer than four runs ended: nothing to compare' };
  const middles = (field) =>
    [warm.slice(0, quarter), warm.slice(-quarter)].map((part) => median(part.map((sample) => sample[field])));
  const rows = Object.entries(TOLERATED.megabytes).map(([field, more]) => {
    const [first, last] = middles(field);
    return {
      what: `${field}, MB`,
      first: megabytes(first),
      last: megabytes(last),
      grew: last > first * (1 + TOLERATED.share) + more * MB,
    };
  });
  const [first, last] = middles('descriptors');
  rows.push({ what: 'file descriptors', first, last, grew: last !== first });
  const wrong = samples.reduce((sum, sample) => sum + sample.wrong, 0);
  const problems = rows.filter(({ grew }) => grew).map(({ what }) => `growing: ${what}`);
  if (wrong > 0) problems.push(`${wrong} wrong answers`);
  return { rows, problem: problems.length > 0 ? problems.join('; ') : null };
}

function report(samples, minutes) {
  const { rows, problem } = verdict(samples, minutes);
  const columns = [
    ['median of', ({ what }) => what],
    ['first quarter', ({ first }) => first],
    ['last quarter', ({ last }) => last],
  ];
  say(
    `\n${table(columns, rows)}\n\n${number(samples.length)} runs in ${minutes} minutes: ${problem ?? 'flat, every answer right'}`,
  );
  if (problem !== null) process.exitCode = 1;
}

const megabytes = (bytes) => (bytes / MB).toFixed(1);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref());

function readOptions() {
  const options = {
    engine: { type: 'string' },
    gc: { type: 'boolean', default: false },
    heap: { type: 'boolean', default: false },
    probes: { type: 'string', default: '10000000' },
    help: { type: 'boolean', short: 'h', default: false },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const minutes = Number(positionals[0] ?? 30);
  const probes = Number(values.probes);
  if (!(minutes > 0 && minutes <= 24 * 60)) throw new Error(`${positionals[0]} minutes: a number above 0, at most a day`);
  if (!Number.isInteger(probes) || probes < 1 || probes > 16_000_000)
    throw new Error(`--probes ${String(values.probes)}: 1 to 16000000`);
  return { ...values, minutes, probes };
}

async function main() {
  const { help, gc, heap, engine, minutes, probes } = readOptions();
  if (help) return say(USAGE);
  if (process.getuid() !== 0) throw new Error('needs root: it makes network namespaces');
  if (gc) return say(await withLab((lab) => gcTrace(lab, { probes, engine: engine ?? FAST })));
  if (heap) return say(await withLab((lab) => heapProfile(lab, { probes, engine: engine ?? FAST })));
  const engines = engine === undefined ? [FAST, PORTABLE] : [engine];
  report(await withLab((lab) => soak(lab, minutes, engines)), minutes);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`soak: ${error.message}\n`);
  process.exitCode = 1;
}
