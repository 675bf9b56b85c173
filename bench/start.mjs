// One port, from start to exit.
import { PEER } from './lab.mjs';
import { alternate, measure } from './measure.mjs';
import { FAST, hpingOnce, nmap, PORTABLE, synscope } from './programs.mjs';
import { commandList, MEMORY, medianText, programTable, ratioText } from './tables.mjs';

const PORT = 80;
/** A run takes a tenth of a second, so many of them are cheap and steady the median. */
const RUNS_A_ROUND = 3;
const SECONDS = (run) => run.seconds;

/** Measures all programs; resolves to Markdown. */
export async function start(lab, options) {
  await lab.serve([PORT]);
  const programs = [
    synscope(FAST, [PEER.address, '-p', String(PORT)]),
    synscope(PORTABLE, [PEER.address, '-p', String(PORT)]),
    nmap([`-p${PORT}`, PEER.address]),
    hpingOnce(PEER.address, PORT),
    { name: 'a program that does nothing (`true`)', words: ['true'] },
    { name: 'Node without a program', words: [process.execPath, '-e', '0'] },
  ];
  const results = await alternate(programs, options.rounds * RUNS_A_ROUND, (program) => measure(lab, program, options));
  const text = programTable(results, [
    ['seconds', (runs) => medianText(runs, SECONDS, 3)],
    ...programs.slice(0, 2).map((own) => [`${own.engine}'s time to this`, (runs) => ratioText(results.get(own), runs, SECONDS)]),
    MEMORY,
  ]);
  return [
    '## One port',
    `From start to exit, entering the namespace included; ${RUNS_A_ROUND} runs per round.`,
    text,
    commandList(programs),
  ].join('\n\n');
}
