// Many hosts that answer every SYN, a few ports each.
import { Answers, WRONG } from './answers.mjs';
import { ANSWERING } from './lab.mjs';
import { alternate, lastArrival } from './measure.mjs';
import { checked, wrongEachRun } from './ports.mjs';
import { FAST, masscan, nmap, PORTABLE, synscope, zmap } from './programs.mjs';
import { commandList, MEMORY, medianText, number, programTable, ratioText } from './tables.mjs';

const PORTS = [22, 80, 443, 9999];
const OPEN = [80];
/** At higher rates masscan and zmap, which do not wait for answers, lose some. */
const OTHERS_RATE = 100_000;
const SECONDS = (run) => run.seconds;

/** Measures all programs; resolves to Markdown. */
export async function hosts(lab, options) {
  await lab.serve(OPEN);
  const bits = 32 - Math.log2(options.hosts);
  const network = `${ANSWERING}/${bits}`;
  lab.answerFor(network);
  const answers = new Answers({ first: ANSWERING, hosts: options.hosts, ports: PORTS, open: OPEN });
  const programs = programsFor(network);
  const results = await alternate(programs, options.rounds, (program) =>
    checked(lab, program, { answers, limit: options.limit }),
  );
  const text = programTable(results, [
    ['seconds', (runs) => medianText(runs, SECONDS, 2)],
    [`${FAST}'s time to this`, (runs) => ratioText(results.get(programs[0]), runs, SECONDS)],
    ['last packet sent after, s', (runs) => medianText(runs, (run) => lastArrival(run.samples), 2)],
    ['wrong answers, each run', wrongEachRun],
    MEMORY,
  ]);
  const title = `## ${number(options.hosts)} answering hosts x ${PORTS.length} ports`;
  const how = `One port of each host is open. masscan and zmap at ${number(OTHERS_RATE)} packets per second, zmap once per port; both wait after their last packet.`;
  return [title, how, text, commandList(programs)].join('\n\n');
}

function programsFor(network) {
  const list = PORTS.join(',');
  const ours = [FAST, PORTABLE].map((engine) => synscope(engine, [network, '-p', list, '--json'], ' --json'));
  return [
    ...ours.map((program) => ({ ...program, wrong: WRONG['synscope json'] })),
    { ...nmap(['-p', list, '-oG', '-', network]), wrong: WRONG['nmap grepable'] },
    { ...masscan(network, list, { rate: OTHERS_RATE, wait: 1 }), wrong: WRONG.masscan },
    { ...zmap(network, { ports: PORTS, rate: OTHERS_RATE }), wrong: WRONG.zmap },
  ];
}
