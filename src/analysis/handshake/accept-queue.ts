import { isAnswered, synAcksAfterAck, type Investigation } from '../../probe/handshake/investigation.ts';
import { type Answer, found, plain, remarked } from './answer.ts';
import { trialsOf } from './exchange.ts';

/**
 * Whether the handshakes that the host completes wait in vain for its application. A host whose queue is full drops our ACK and repeats its SYN-ACK; a lost
 * ACK looks the same once, but not in a second handshake, and the ACK that answers the repetition ends it. True, false, or null without an ACK.
 */
export function acceptQueueFull(investigation: Investigation): Answer<boolean | null> {
  const trials = trialsOf(investigation, 'asked', 'second-look').map(({ connection }) => connection);
  const acknowledged = trials.filter(({ establishedAt }) => establishedAt !== null);
  if (acknowledged.length === 0) return plain(null);
  const repeated = acknowledged.map(synAcksAfterAck).filter((synAcks) => synAcks.length > 0);
  if (repeated.length === 0) return plain(false);
  const count = repeated.reduce((sum, synAcks) => sum + synAcks.length, 0);
  const unanswered = trials.filter((connection) => !isAnswered(connection)).length;
  if (repeated.length + unanswered < 2) {
    return remarked(
      false,
      'The SYN-ACK was sent again although it had been acknowledged, but a second handshake went well: the ACK was lost on the way.',
    );
  }
  const others =
    unanswered === 0 ? '' : `, and ${unanswered} of the SYNs ${unanswered === 1 ? 'was' : 'were'} not answered at all`;
  return found(true, 'accept-queue-full', {
    certainty: 'likely',
    detail:
      `In ${repeated.length} of ${trials.length} handshakes the SYN-ACK was sent again (${count} times) although it had been acknowledged${others}: ` +
      `the listening socket's accept queue is full, because the application does not accept or its backlog is too small.`,
  });
}
