import type { Connection } from '../../probe/connection/connection.ts';
import { type Investigation, cookieOf, isAnswered } from '../../probe/handshake/investigation.ts';
import { type Answer, answer, found } from './answer.ts';
import { connectionsFor, sent, synAckOf } from './exchange.ts';

/** The results of Fast Open (RFC 7413). */
export interface FastOpenFacts {
  /** In hex; null when none was granted. */
  readonly cookie: string | null;
  /** Whether the SYN-ACK acknowledged the SYN's data; null when none was sent, or nothing came back. */
  readonly dataAccepted: boolean | null;
}

const NOTHING: FastOpenFacts = { cookie: null, dataAccepted: null };

/** What became of the cookie and of data in the SYN; null when it was not tried. */
export function fastOpen(investigation: Investigation): Answer<FastOpenFacts | null> {
  const [request] = connectionsFor(investigation, 'cookie-request');
  if (request === undefined) return answer(null);
  if (!isAnswered(request))
    return blocked(NOTHING, connectionsFor(investigation, 'cookie-control')[0], 'a SYN that asks for a Fast Open cookie');
  const cookie = cookieOf(request);
  const [use] = connectionsFor(investigation, 'cookie-use');
  if (cookie === null || use === undefined)
    return answer(
      NOTHING,
      'No Fast Open cookie was granted: the host does not support it on this port, or the option was removed on the path; from one end these look alike.',
    );
  if (isAnswered(use)) return judgeData(cookie, use);
  const [control] = connectionsFor(investigation, 'data-control');
  return blocked({ cookie, dataAccepted: null }, control, 'a SYN with the cookie and data');
}

function judgeData(cookie: string, use: Connection): Answer<FastOpenFacts> {
  const length = sent(use, 'syn')[0]?.length ?? 0;
  const dataAccepted = (synAckOf(use)?.ack ?? 0) === 1 + length;
  const remark = dataAccepted
    ? `Fast Open works: the SYN-ACK acknowledged the SYN with its ${length} bytes of data.`
    : 'A Fast Open cookie was granted, but the data in the SYN was not taken: the SYN-ACK acknowledged the SYN alone.';
  return answer({ cookie, dataAccepted }, remark);
}

/** Answered without, silent with, answered without again: this excludes loss as well as possible. */
function blocked(facts: FastOpenFacts, control: Connection | undefined, what: string): Answer<FastOpenFacts> {
  if (control === undefined || !isAnswered(control))
    return answer(facts, `There was no answer to ${what}, nor to a plain SYN afterwards: Fast Open cannot be judged.`);
  return found(facts, 'fast-open-blocked', {
    certainty: 'likely',
    option: 'tfo',
    detail: `Plain SYNs before and after were answered, ${what} was not, although repeated: a device on the path drops it.`,
  });
}
