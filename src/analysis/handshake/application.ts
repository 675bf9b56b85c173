import type { Investigation } from '../../probe/handshake/investigation.ts';
import { type Answer, answer } from './answer.ts';
import { connectionsFor, heard, milliseconds, sent } from './exchange.ts';

/** What the exchange with the application showed. */
export interface ApplicationFacts {
  readonly sentBytes: number;
  readonly ackedBytes: number;
  readonly repliedBytes: number;
  /** From our first byte to its first, or from our ACK where it speaks first; null without a reply. */
  readonly firstReplyMs: number | null;
  /** The start of the reply: a line of text, or the name of a TLS record; null where it is neither. */
  readonly reply: string | null;
}

const LONGEST_LINE = 72;
const TLS_MAJOR = 3;
/** Content types of TLS records (RFC 8446, 5.1). */
const TLS_RECORDS: Readonly<Record<number, string>> = { 21: 'a TLS alert', 22: 'a TLS handshake' };

/** Whether there is an application behind the kernel. Null where neither side sent data. */
export function application(investigation: Investigation): Answer<ApplicationFacts | null> {
  const connection = connectionsFor(investigation, 'asked').find(({ establishedAt }) => establishedAt !== null);
  if (connection === undefined) return answer(null);
  const { byteCount: sentBytes, acknowledgedBytes: ackedBytes } = connection.sent;
  const repliedBytes = connection.received.byteCount;
  if (sentBytes === 0 && repliedBytes === 0) return answer(null);
  const from = sent(connection, 'data')[0] ?? sent(connection, 'ack')[0];
  const first = heard(connection, 'data', 'fin').find(({ length }) => length > 0);
  const firstReplyMs = from === undefined || first === undefined ? null : milliseconds(first.at - from.at);
  const facts = { sentBytes, ackedBytes, repliedBytes, firstReplyMs, reply: describeReply(connection.received.firstBytes) };
  return answer(facts, sentence(facts));
}

function sentence({ sentBytes, ackedBytes, repliedBytes, reply }: ApplicationFacts): string {
  const what = reply === null ? '' : `: ${reply}`;
  if (sentBytes === 0) return `An application sends first, ${bytes(repliedBytes)} without a request${what}.`;
  if (repliedBytes > 0) return `An application answers ${bytes(sentBytes)} with ${bytes(repliedBytes)}${what}.`;
  if (ackedBytes === 0)
    return `The ${bytes(sentBytes)} that were sent were not acknowledged: they or the answer were lost in transit, or no server is behind the handshake.`;
  return `The kernel acknowledged the ${bytes(sentBytes)} that were sent, but no application answered: it hangs, waits for something else, or is slow.`;
}

/** Only printable characters: they cannot affect a terminal. */
function describeReply(start: Uint8Array): string | null {
  if (start[1] === TLS_MAJOR && start[0] !== undefined && start[0] in TLS_RECORDS) return TLS_RECORDS[start[0]] ?? null;
  const end = start.findIndex((byte) => byte < 0x20 || byte > 0x7e);
  const line = String.fromCharCode(...start.subarray(0, Math.min(end === -1 ? start.length : end, LONGEST_LINE)));
  return line.trim().length < 3 ? null : `"${line.trim()}"`;
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
