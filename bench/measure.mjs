// Runs one program in the lab and measures time, CPU, memory, and the packets that reach the peer.
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endGroup } from './lab.mjs';

const TIME = '/usr/bin/time';
const SAMPLE_EVERY_MS = 20;
/** Unit of CPU times in /proc/PID/stat (USER_HZ, fixed in the kernel's interface). */
const TICKS_A_SECOND = 100;

/** GNU time gives CPU seconds and peak memory; without it both are null. */
export const hasTimer = existsSync(TIME);

/**
 * Runs a program in the prober's namespace and resolves to its measurements. The program has `words`, and
 * may have `accepts` (tells good exit codes) and `before`, which prepares the lab and resolves to `{ end
 * }`, or to `{ problem }` when the program cannot run. The run is ended after `limit` seconds; `core` pins
 * it. In the result `user`, `system` (seconds) and `megabytes` are null without GNU time; `samples` are the
 * packets at the peer over time.
 */
export async function measure(lab, program, how) {
  const prepared = await program.before?.(lab);
  if (prepared?.problem !== undefined) return { problem: prepared.problem, samples: [], output: Buffer.alloc(0) };
  try {
    return await measurePrepared(lab, program, how);
  } finally {
    await prepared?.end();
  }
}

async function measurePrepared(lab, program, { limit, core = null }) {
  const files = {
    output: join(lab.directory, 'output'),
    errors: join(lab.directory, 'errors'),
    timing: join(lab.directory, 'timing'),
  };
  for (const file of Object.values(files)) rmSync(file, { force: true });
  const descriptors = [files.output, files.errors].map((file) => openSync(file, 'w'));
  const pinned = core === null ? [] : ['taskset', '-c', String(core)];
  const timed = hasTimer ? [TIME, '-q', '-o', files.timing, '-f', '%U %S %M'] : [];
  const started = now();
  const child = lab.start('prober', [...pinned, ...timed, ...program.words], ['ignore', ...descriptors]);
  const sampler = new Sampler(lab, child.pid, started);
  const timer = setTimeout(() => endGroup(child.pid), limit * 1000);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  const seconds = now() - started;
  clearTimeout(timer);
  for (const descriptor of descriptors) closeSync(descriptor);
  const problem = problemOf(program, { code, seconds, limit }, readFileSync(files.errors, 'utf8'));
  return { seconds, problem, samples: sampler.end(), ...timing(files.timing), output: readFileSync(files.output) };
}

function problemOf({ accepts = (code) => code === 0 }, { code, seconds, limit }, errors) {
  if (seconds >= limit) return `did not end within ${limit} s`;
  if (accepts(code)) return null;
  return `exit ${code}: ${errors
    .trim()
    .split(/[\n\r]/)
    .at(-1)}`;
}

function timing(file) {
  const words = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').at(-1).split(' ').map(Number) : [];
  const [user = null, system = null, kilobytes = null] = words;
  return { user, system, megabytes: kilobytes === null ? null : kilobytes / 1024 };
}

const now = () => Number(process.hrtime.bigint()) / 1e9;

/** Samples the peer's counter and the program's CPU time every 20 ms, from outside the namespaces. */
class Sampler {
  #samples = [];
  #timer;
  #read;

  constructor(lab, pid, started) {
    const first = lab.received();
    this.#read = () => {
      this.#samples.push({ at: now() - started, packets: lab.received() - first, ...cpuOf(pid) });
    };
    this.#timer = setInterval(this.#read, SAMPLE_EVERY_MS);
  }

  end() {
    clearInterval(this.#timer);
    this.#read();
    return this.#samples;
  }
}

/** User and system seconds of the program at the end of a chain of wrappers; null once it has ended. */
function cpuOf(pid) {
  try {
    const text = readFileSync(`/proc/${lastDescendant(pid)}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { user: Number(fields[11]) / TICKS_A_SECOND, system: Number(fields[12]) / TICKS_A_SECOND };
  } catch {
    return { user: null, system: null };
  }
}

function lastDescendant(pid) {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0];
  return child === '' ? pid : lastDescendant(child);
}

/**
 * Between a quarter and three quarters of all packets: `rate` in packets per second, `userShare` of the CPU
 * time or null.
 */
export function steadyMiddle(samples) {
  const total = samples.at(-1).packets;
  const from = crossing(samples, total / 4);
  const to = crossing(samples, (total * 3) / 4);
  const user = to.sample.user - from.sample.user;
  const busy = user + to.sample.system - from.sample.system;
  const known = from.sample.user !== null && to.sample.user !== null && busy > 0;
  return { rate: to.at > from.at ? total / 2 / (to.at - from.at) : 0, userShare: known ? user / busy : null };
}

/** When the counter passed `packets`, interpolated between two samples. */
function crossing(samples, packets) {
  const index = samples.findIndex((sample) => sample.packets >= packets);
  const after = samples[index];
  const before = samples[index - 1] ?? { at: 0, packets: 0 };
  const part = after.packets > before.packets ? (packets - before.packets) / (after.packets - before.packets) : 0;
  return { at: before.at + part * (after.at - before.at), sample: after };
}

/** Seconds until the last packet had arrived at the peer. */
export function lastArrival(samples) {
  const total = samples.at(-1).packets;
  return samples.find((sample) => sample.packets === total).at;
}

/**
 * Runs all programs in turn, `rounds` times, so that a slow moment affects all of them. Maps each program
 * to its runs.
 */
export async function alternate(programs, rounds, run) {
  const results = new Map(programs.map((program) => [program, []]));
  for (let round = 0; round < rounds; round++) {
    for (const program of programs) {
      const runs = results.get(program);
      if (program.absent === undefined && runs.every((earlier) => earlier.problem === null)) runs.push(await run(program));
    }
  }
  return results;
}
