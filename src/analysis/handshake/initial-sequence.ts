import type { Investigation } from '../../probe/handshake/investigation.ts';
import { type Seq, seq, seqDiff } from '../../wire/numbers.ts';
import { type Answer, answer } from './answer.ts';
import { connectionsFor, synAckOf } from './exchange.ts';

/** The pattern of the peer's ISNs. */
export interface IsnFacts {
  readonly samples: number;
  readonly pattern: 'none' | 'constant' | 'even-steps' | 'small-steps';
}

const FEWEST = 3;
/** Smaller steps can be tried out in a minute; a random step is this small once in 4096. */
const SMALL_STEP = 2 ** 20;

/** Whether the peer's next ISN can be guessed (RFC 6528); null with fewer than three. */
export function initialSequence(investigation: Investigation): Answer<IsnFacts | null> {
  const synAcks = connectionsFor(investigation, 'asked').flatMap((connection) => synAckOf(connection) ?? []);
  const isns = synAcks.toSorted((a, b) => a.at - b.at).map(({ segment }) => seq(segment.header.seq));
  const samples = isns.length;
  if (samples < FEWEST) return answer(null);
  const as = (pattern: IsnFacts['pattern'], remark: string): Answer<IsnFacts> => answer({ samples, pattern }, remark);
  const steps = stepsOf(isns);
  if (steps.every((step) => step === 0))
    return as('constant', `All ${samples} ISNs are the same: this host's connections can be forged (RFC 6528).`);
  // Simultaneous connections overtake one another on both paths.
  const sorted = stepsOf(inSequence(isns));
  const even = [steps, sorted].find(([first, ...rest]) => rest.every((step) => step === first))?.[0];
  if (even !== undefined) return as('even-steps', `The ISNs grow by ${even} each time: the next can be guessed (RFC 6528).`);
  if (sorted.some((step) => step <= 0 || step >= SMALL_STEP))
    return as('none', `The ISNs of ${samples} handshakes show no pattern.`);
  const range = `${Math.min(...sorted)} to ${Math.max(...sorted)}`;
  return as('small-steps', `The ${samples} ISNs grow by ${range}: the next can be guessed (RFC 6528).`);
}

function stepsOf(isns: readonly Seq[]): readonly number[] {
  return isns.slice(1).map((isn, index) => seqDiff(isn, isns[index] as Seq));
}

/** In the circle of sequence numbers, beginning after the widest gap. */
function inSequence(isns: readonly Seq[]): readonly Seq[] {
  const around = isns.toSorted((a, b) => a - b);
  const gaps = around.map((isn, index) => seqDiff(isn, around.at(index - 1) as Seq) >>> 0);
  const start = gaps.indexOf(Math.max(...gaps));
  return [...around.slice(start), ...around.slice(0, start)];
}
