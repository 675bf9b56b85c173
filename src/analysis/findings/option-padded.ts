import type { TcpOption } from '../../wire/decoded.ts';
import type { Evidence, FindingRule } from '../evidence.ts';
import { type Finding, finding } from '../finding.ts';
import { optionsOf, synAckOf } from '../reply.ts';

/** Options that devices overwrite: their bytes, and the NOPs that stacks add for 32-bit alignment. */
const OVERWRITABLE: readonly Overwritable[] = [
  { name: 'mss', bytes: 4, alignment: 0 },
  { name: 'wscale', bytes: 3, alignment: 1 },
  { name: 'sackOK', bytes: 2, alignment: 2 },
  { name: 'ts', bytes: 10, alignment: 2 },
  { name: 'tfo', bytes: 10, alignment: 2 },
  { name: 'mptcp', bytes: 12, alignment: 0 },
];

/** No stack needs more than three NOPs for alignment. */
const SHORTEST_RUN = 4;

interface Overwritable {
  readonly name: string;
  readonly bytes: number;
  readonly alignment: number;
}

/** NOPs in a row. */
interface NopRun {
  readonly start: number;
  readonly length: number;
  /** The option after the run; null at the end of the list. */
  readonly next: TcpOption | null;
}

/** The options that a run of NOPs has replaced; empty when none fits. */
interface PaddedRun {
  readonly run: NopRun;
  readonly options: readonly string[];
}

/**
 * TCPOPTSTRIP and nft's `reset tcp option` overwrite an option with NOPs and keep the header's length.
 * `likely`: no ordinary stack writes four NOPs in a row. Reverse: the host builds the SYN-ACK's list
 * itself, so NOPs in it tell nothing about the SYN. Not detected: SACK before timestamps leaves two NOPs,
 * as Linux has.
 */
export const optionPadded: FindingRule = {
  description: 'a run of NOPs is in the SYN-ACK where an option was',
  find: (evidence: Evidence): readonly Finding[] => paddedRuns(evidence).flatMap(describe),
};

/** Names of the options that NOPs in the SYN-ACK have replaced. */
export function paddedOptions(evidence: Evidence): readonly string[] {
  return paddedRuns(evidence).flatMap(({ options }) => options);
}

function paddedRuns(evidence: Evidence): readonly PaddedRun[] {
  const segment = synAckOf(evidence.reply);
  if (segment === null) return [];
  const { options } = segment.header;
  const runs = nopRuns(options);
  if (runs.length === 0) return [];
  const asked = new Set(optionsOf(evidence.sent).map(({ name }) => name));
  const present = new Set(options.map(({ name }) => name));
  let missing = OVERWRITABLE.filter(({ name }) => asked.has(name) && !present.has(name));
  return runs.map((run) => {
    const names = bestFit(run, missing);
    missing = missing.filter(({ name }) => !names.includes(name));
    return { run, options: names };
  });
}

function nopRuns(options: readonly TcpOption[]): readonly NopRun[] {
  const runs: NopRun[] = [];
  let start = 0;
  for (let index = 0; index <= options.length; index += 1) {
    if (options[index]?.name === 'nop') continue;
    if (index - start >= SHORTEST_RUN) runs.push({ start, length: index - start, next: options[index] ?? null });
    start = index + 1;
  }
  return runs;
}

/** The missing options that fill the run with the fewest NOPs left over, as alignment allows. */
function bestFit(run: NopRun, missing: readonly Overwritable[]): readonly string[] {
  const following = OVERWRITABLE.find(({ name }) => name === run.next?.name)?.alignment ?? 0;
  let best: readonly Overwritable[] = [];
  let bestSlack = Number.POSITIVE_INFINITY;
  for (let mask = 1; mask < 1 << missing.length; mask += 1) {
    const chosen = missing.filter((_, bit) => (mask & (1 << bit)) !== 0);
    const slack = run.length - sum(chosen, 'bytes');
    const fits = slack >= 0 && slack <= sum(chosen, 'alignment') + following && standsWhereStacksPutIt(run, chosen);
    if (!fits || slack >= bestSlack) continue;
    best = chosen;
    bestSlack = slack;
  }
  return best.map(({ name }) => name);
}

/** Every stack writes the MSS first (p0f.fp has no other order). */
function standsWhereStacksPutIt(run: NopRun, chosen: readonly Overwritable[]): boolean {
  return chosen.some(({ name }) => name === 'mss') === (run.start === 0);
}

function sum(options: readonly Overwritable[], field: 'bytes' | 'alignment'): number {
  return options.reduce((total, option) => total + option[field], 0);
}

function describe({ run, options }: PaddedRun): readonly Finding[] {
  const what =
    options.length === 0
      ? 'a device on the reverse path overwrote an option there; which one, their number does not tell.'
      : `by length and place ${options.join(' and ')} was there and a device on the reverse path overwrote ` +
        `${options.length === 1 ? 'it' : 'them'}; what value was overwritten is not known.`;
  const detail = `${run.length} NOPs in a row are in the SYN-ACK, more than any ordinary stack writes: ${what}`;
  const values = { direction: 'reverse', received: `nop x ${run.length}` } as const;
  const names = options.length === 0 ? [null] : options;
  return names.map((option) => finding('option-padded', 'likely', detail, { option, ...values }));
}
