// All ports of one host that answers every SYN: duration, and whether every answer is right.
import { Answers, WRONG } from './answers.mjs';
import { PEER } from './lab.mjs';
import { alternate, lastArrival, measure } from './measure.mjs';
import { FAST, masscan, nmap, PORTABLE, synscope } from './programs.mjs';
import { commandList, MEMORY, medianText, number, programTable, ratioText } from './tables.mjs';

/** The ports of the peer that accept connections. */
const OPEN_PORTS = [22, 80, 8080];
/**
 * The highest rate at which masscan lost few answers on the author's machine; without a limit it loses
 * most.
 */
const MASSCAN_RATE = 100_000;
const SECONDS = (run) => run.seconds;

/** Measures all programs; resolves to Markdown. */
export async function ports(lab, options) {
  const programs = [FAST, PORTABLE].flatMap((engine) => [withReport(engine, options), withRecords(engine, options)]);
  const list = `1-${options.ports}`;
  const others = [
    { ...nmap([`-p${list}`, PEER.address]), wrong: WRONG['nmap report'] },
    { ...masscan(PEER.address, list, { rate: MASSCAN_RATE, wait: 1 }), wrong: WRONG.masscan },
  ];
  const [fast, , portable] = programs;
  const results = await runAll(lab, [...programs, ...others], options);
  const text = programTable(results, [
    ['seconds', (runs) => medianText(runs, SECONDS, 3)],
    [`${FAST}'s time to this`, (runs) => ratioText(results.get(fast), runs, SECONDS)],
    [`${PORTABLE}'s time to this`, (runs) => ratioText(results.get(portable), runs, SECONDS)],
    ['last packet sent after, s', (runs) => medianText(runs, (run) => lastArrival(run.samples), 2)],
    ['wrong ports, each run', wrongEachRun],
    MEMORY,
  ]);
  const title = `## ${number(options.ports)} ports of one answering host`;
  return [
    title,
    'From start to exit, each program with its defaults; masscan waits after its last packet.',
    text,
    commandList([...results.keys()]),
  ].join('\n\n');
}

/** Runs both engines repeatedly; resolves to Markdown with the number of wrong ports in each run. */
export async function repeat(lab, options) {
  const programs = [FAST, PORTABLE].map((engine) => withRecords(engine, options));
  const results = await runAll(lab, programs, { ...options, rounds: options.repeats });
  const text = programTable(results, [
    ['wrong ports, each run', wrongEachRun],
    ['seconds', (runs) => medianText(runs, SECONDS, 3)],
  ]);
  return [`## ${number(options.ports)} ports, ${options.repeats} times`, text].join('\n\n');
}

async function runAll(lab, programs, options) {
  await lab.serve(OPEN_PORTS);
  const all = Array.from({ length: options.ports }, (_, index) => index + 1);
  const answers = new Answers({ first: PEER.address, hosts: 1, ports: all, open: OPEN_PORTS });
  return alternate(programs, options.rounds, (program) => checked(lab, program, { answers, limit: options.limit }));
}

/** One run of a program and the number of its wrong answers. An error of synscope decides the exit code. */
export async function checked(lab, program, { answers, limit }) {
  const { output, ...run } = await measure(lab, program, { limit });
  const wrong = program.wrong(output, answers);
  if (program.engine !== undefined && (wrong > 0 || run.problem !== null)) process.exitCode = 1;
  return { ...run, wrong };
}

/** A cell with the wrong answers of every run. */
export function wrongEachRun(runs) {
  return runs.map((run) => number(run.wrong)).join(', ');
}

function withReport(engine, options) {
  return { ...synscope(engine, [PEER.address, '-p', `1-${options.ports}`]), wrong: WRONG['synscope table'] };
}

function withRecords(engine, options) {
  const program = synscope(engine, [PEER.address, '-p', `1-${options.ports}`, '--json'], ' --json');
  return { ...program, wrong: WRONG['synscope json'] };
}
