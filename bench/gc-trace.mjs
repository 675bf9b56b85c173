// One large run into a peer that drops everything, with `node --trace-gc`: pauses for garbage collection.
import { measure } from './measure.mjs';
import { synscope } from './programs.mjs';
import { grid } from './rate.mjs';
import { number } from './tables.mjs';

const LONG_MS = 5;
const LIMIT_SECONDS = 1200;
/**
 * `[12:0x1]  123 ms: Scavenge 7.5 (9.0) -> 6.9 (9.8) MB, 0.8 / 0.0 ms ...`; a mark-compact adds `biggest
 * step 1.2 ms` of its incremental part.
 */
const EVENT =
  /^\[\d+:0x[0-9a-f]+\]\s+(\d+) ms: (Scavenge|Mark-Compact)\D*([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB, (?:pooled: [^,]*, )?([\d.]+) \//;
const STEP = /biggest step ([\d.]+) ms/;

/**
 * Resolves to lines with the collections and the longest pause; sets the exit code when one exceeded 5 ms.
 */
export async function gcTrace(lab, { probes, engine }) {
  await lab.serve([]);
  lab.drop();
  const { hosts, ports } = grid(probes);
  const words = [`10.200.0.1-${hosts}`, '-p', ports, '--rate', 'max', '--retries', '0', '--open', '-q', '--json'];
  const {
    words: [node, ...rest],
    ...program
  } = synscope(engine, words);
  const run = await measure(lab, { ...program, words: [node, '--trace-gc', ...rest] }, { limit: LIMIT_SECONDS });
  if (run.problem !== null) throw new Error(run.problem);
  const events = readEvents(run.output.toString('latin1'));
  if (events.length === 0) throw new Error('no line of --trace-gc was understood');
  return summary(events, { run, probes, engine });
}

function readEvents(text) {
  const matches = text.split('\n').map((line) => ({ line, match: EVENT.exec(line) }));
  return matches
    .filter(({ match }) => match !== null)
    .map(({ line, match: [, at, kind, before, after, pause] }) => {
      const step = Number(STEP.exec(line)?.[1] ?? 0);
      return { at: Number(at), kind, freed: Number(before) - Number(after), pause: Math.max(Number(pause), step), line };
    });
}

/** Collections before the first packet are part of the start and delay nothing. */
function summary(all, { run, probes, engine }) {
  const first = (run.samples.find(({ packets }) => packets > 0)?.at ?? 0) * 1000;
  const events = all.filter(({ at }) => at >= first);
  const longest = events.reduce((a, b) => (b.pause > a.pause ? b : a));
  const long = events.filter(({ pause }) => pause > LONG_MS).length;
  const freed = events.reduce((sum, event) => sum + event.freed, 0);
  const count = (kind) => events.filter((event) => event.kind === kind).length;
  if (long > 0) process.exitCode = 1;
  const { packets } = run.samples.at(-1);
  return [
    `${engine}, ${number(probes)} probes in ${run.seconds.toFixed(1)} s, ${number(packets)} arrived; peak memory ${run.megabytes?.toFixed(0) ?? '-'} MB`,
    `collections: ${count('Scavenge')} scavenges, ${count('Mark-Compact')} mark-compacts; ${number(freed, 1)} MB freed, ${number((freed * 1024 * 1024) / probes, 1)} bytes per probe`,
    `pauses above ${LONG_MS} ms: ${long}; the longest, ${longest.pause} ms:`,
    longest.line,
  ].join('\n');
}
