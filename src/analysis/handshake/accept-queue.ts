import { type Investigation, isAnswered, isIgnored, synAcksAfterAck } from '../../probe/handshake/investigation.ts';
import { type Answer, answer, found, inOneSentence } from './answer.ts';
import { connectionsFor } from './exchange.ts';

/** A host whose queue is full takes no ACK, however often it is sent. */
const RECOVERED =
  'The SYN-ACK was sent again although it had been acknowledged, and the next ACK was taken: the first was lost in transit, or the accept queue was briefly full.';

/**
 * Whether completed handshakes wait in vain for the application. A host whose queue is full drops our ACK: it
 * repeats its SYN-ACK, or, with SYN cookies, is silent; and it may answer no SYN at all. A lost ACK looks the
 * same once, but not in a second handshake. True, false, or null without an ACK.
 */
export function acceptQueueFull(investigation: Investigation): Answer<boolean | null> {
  const connections = connectionsFor(investigation, 'asked', 'second-look');
  if (connections.every(({ establishedAt }) => establishedAt === null)) return answer(null);
  const again = connections.filter((connection) => synAcksAfterAck(connection).length > 0);
  const repeated = again.filter(({ sent }) => sent.acknowledged <= 1);
  const ignored = connections.filter((connection) => isIgnored(connection) && !repeated.includes(connection)).length;
  const unanswered = connections.filter((connection) => !isAnswered(connection)).length;
  if (repeated.length + ignored === 0) return again.length === 0 ? answer(false) : answer(false, RECOVERED);
  const symptoms = { total: connections.length, repeated: repeated.length, ignored, unanswered };
  return repeated.length + ignored + unanswered === 1 ? lostOnce(repeated.length > 0) : judge(symptoms);
}

function lostOnce(isRepeated: boolean): Answer<boolean> {
  const what = isRepeated
    ? 'The SYN-ACK was sent again although it had been acknowledged'
    : 'Nothing that was sent after the SYN was acknowledged';
  return answer(false, `${what}, but another handshake succeeded: the packets were lost in transit.`);
}

/** How many connections there are, and how many of them have each symptom. */
type Symptoms = Readonly<Record<'total' | 'repeated' | 'ignored' | 'unanswered', number>>;

/** Silence after every SYN-ACK may also be a filter that passes only SYNs: then it is `possible`. */
function judge({ total, repeated, ignored, unanswered }: Symptoms): Answer<boolean> {
  const isLikely = repeated > 0 || unanswered > 0 || ignored < total;
  const signs = [
    [repeated, `in ${repeated} of ${total} handshakes the SYN-ACK was sent again although it had been acknowledged`],
    [ignored, `in ${ignored} of ${total} nothing after the SYN-ACK was acknowledged`],
    [unanswered, `${unanswered} of ${total} SYNs were not answered`],
  ] as const;
  const shown = signs.filter(([count]) => count > 0).map(([, text]) => text);
  const but = isLikely ? '' : ', unless a device on the path passes only SYNs';
  return found(true, 'accept-queue-full', {
    certainty: isLikely ? 'likely' : 'possible',
    detail:
      `${inOneSentence(shown)}: the listening socket's accept queue is full, ` +
      `because the application does not accept or its backlog is too small${but}.`,
  });
}
