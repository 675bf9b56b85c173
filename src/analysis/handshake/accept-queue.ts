import type { Connection } from '../../probe/connection/connection.ts';
import { type Investigation, isAnswered, isIgnored, synAcksAfterAck } from '../../probe/handshake/investigation.ts';
import { type Answer, found, inOneSentence, plain, remarked } from './answer.ts';
import { trialsOf } from './exchange.ts';

/**
 * Whether completed handshakes wait in vain for the application. A host whose queue is full drops our ACK:
 * it repeats its SYN-ACK, or, with SYN cookies, is silent; and it may answer no SYN at all. A lost ACK
 * looks the same once, but not in a second handshake. True, false, or null without an ACK.
 */
export function acceptQueueFull(investigation: Investigation): Answer<boolean | null> {
  const trials = trialsOf(investigation, 'asked', 'second-look').map(({ connection }) => connection);
  if (trials.every(({ establishedAt }) => establishedAt === null)) return plain(null);
  const again = trials.filter((connection) => synAcksAfterAck(connection).length > 0);
  const repeated = again.filter(({ sent }) => sent.acknowledged <= 1);
  const ignored = trials.filter((connection) => isIgnored(connection) && !repeated.includes(connection));
  const symptoms = repeated.length + ignored.length;
  const unanswered = trials.filter((connection) => !isAnswered(connection)).length;
  if (symptoms === 0) return again.length === 0 ? plain(false) : recovered();
  if (symptoms + unanswered === 1) return lostOnce(repeated.length > 0);
  return judge({ trials, repeated, ignored, unanswered });
}

/** A host whose queue is full takes no ACK, however often it is sent. */
function recovered(): Answer<boolean> {
  return remarked(
    false,
    'The SYN-ACK was sent again although it had been acknowledged, and the next ACK was taken: the first was lost in transit, or the accept queue was briefly full.',
  );
}

function lostOnce(isRepeated: boolean): Answer<boolean> {
  const what = isRepeated
    ? 'The SYN-ACK was sent again although it had been acknowledged'
    : 'Nothing that was sent after the SYN was acknowledged';
  return remarked(false, `${what}, but another handshake succeeded: the packets were lost in transit.`);
}

interface Symptoms {
  readonly trials: readonly Connection[];
  readonly repeated: readonly Connection[];
  readonly ignored: readonly Connection[];
  readonly unanswered: number;
}

/** Silence after every SYN-ACK may also be a filter that passes only SYNs: then it is `possible`. */
function judge({ trials, repeated, ignored, unanswered }: Symptoms): Answer<boolean> {
  const isHealthy = repeated.length + ignored.length + unanswered < trials.length;
  const total = trials.length;
  const signs = [
    ...(repeated.length === 0
      ? []
      : [`in ${repeated.length} of ${total} handshakes the SYN-ACK was sent again although it had been acknowledged`]),
    ...(ignored.length === 0 ? [] : [`in ${ignored.length} of ${total} nothing after the SYN-ACK was acknowledged`]),
    ...(unanswered === 0 ? [] : [`${unanswered} of ${total} SYNs were not answered`]),
  ];
  const isLikely = repeated.length > 0 || isHealthy || unanswered > 0;
  const but = isLikely ? '' : ', unless a device on the path passes only SYNs';
  return found(true, 'accept-queue-full', {
    certainty: isLikely ? 'likely' : 'possible',
    detail:
      `${inOneSentence(signs)}: the listening socket's accept queue is full, ` +
      `because the application does not accept or its backlog is too small${but}.`,
  });
}
