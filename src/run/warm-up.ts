import type { DrivenSession } from '../probe/session/driven-session.ts';
import type { Transport } from '../transport/transport.ts';
import { type Address, parseAddress } from '../wire/address.ts';
import { encodeIcmpPacket, encodeTcpPacket } from '../wire/packet.ts';
import { TcpFlag } from '../wire/tcp-flags.ts';

/** Documentation addresses (RFC 5737): packets that nobody sent. */
const NOBODY = parseAddress('192.0.2.1') as Address;
const ROUNDS = 3;

/**
 * Turns the loop, and runs the receive path over packets of nobody's, before the first SYN leaves. Code is compiled when it first runs, which takes a millisecond or two:
 * that would stand in the first round trip of a run whose clock is in user space. Nothing is sent, and no such packet can prove itself.
 */
export async function warmUp(
  session: Pick<DrivenSession, 'receive' | 'flushed'>,
  transport: Transport,
  sourcePort: number,
): Promise<void> {
  const syn = encodeTcpPacket({
    source: NOBODY,
    destination: NOBODY,
    sourcePort,
    destinationPort: sourcePort,
    seq: 0,
    flags: TcpFlag.SYN,
  });
  const synAck = encodeTcpPacket({
    source: NOBODY,
    destination: NOBODY,
    sourcePort: 1,
    destinationPort: sourcePort,
    seq: 0,
    flags: TcpFlag.SYN | TcpFlag.ACK,
  });
  const unreachable = encodeIcmpPacket({ source: NOBODY, destination: NOBODY, type: 3, code: 3, quote: syn });
  for (let round = 0; round < ROUNDS; round++) {
    for (const packet of [syn, synAck, unreachable]) session.receive(packet, 0, packet.length, 0);
    transport.batch.count = 0;
    transport.flush();
    session.flushed(transport.now(), transport.batch);
    // oxlint-disable-next-line no-await-in-loop -- turns of the loop, one after the other
    await transport.wait(transport.now());
  }
}
