import type { Investigation } from '../../probe/handshake/investigation.ts';
import { type Answer, plain, remarked } from './answer.ts';
import { heard, milliseconds, sent, trialsOf } from './exchange.ts';

/** What came of talking to whatever listens. */
export interface ApplicationFacts {
  readonly sentBytes: number;
  readonly ackedBytes: number;
  readonly repliedBytes: number;
  /** From our first byte to its first, or from our ACK where it speaks first; null without a reply. */
  readonly firstReplyMs: number | null;
}

/** Whether there is an application behind the kernel. Null where nothing was said by either side. */
export function application(investigation: Investigation): Answer<ApplicationFacts | null> {
  const connection = trialsOf(investigation, 'asked').find((trial) => trial.connection.establishedAt !== null)?.connection;
  if (connection === undefined) return plain(null);
  const { byteCount: sentBytes, acknowledgedBytes: ackedBytes } = connection.sent;
  const repliedBytes = connection.received.byteCount;
  if (sentBytes === 0 && repliedBytes === 0) return plain(null);
  const from = sent(connection, 'data')[0] ?? sent(connection, 'ack')[0];
  const first = heard(connection, 'data', 'fin').find(({ length }) => length > 0);
  const firstReplyMs = from === undefined || first === undefined ? null : milliseconds(first.at - from.at);
  return remarked({ sentBytes, ackedBytes, repliedBytes, firstReplyMs }, sentence({ sentBytes, ackedBytes, repliedBytes }));
}

function sentence({ sentBytes, ackedBytes, repliedBytes }: Omit<ApplicationFacts, 'firstReplyMs'>): string {
  if (sentBytes === 0) return `An application speaks first: ${bytes(repliedBytes)} came without being asked for.`;
  if (repliedBytes > 0) return `An application answers: ${bytes(sentBytes)} were sent, ${bytes(repliedBytes)} came back.`;
  if (ackedBytes === 0)
    return `The ${bytes(sentBytes)} that were sent were not acknowledged: they, or the answer, are lost on the way, or nobody is behind the handshake.`;
  return `The kernel took the ${bytes(sentBytes)} that were sent, and no application answered: it hangs, waits for something else, or is slow.`;
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
