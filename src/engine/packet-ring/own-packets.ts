import type { Routes } from '../../transport/transport.ts';
import { readAddress } from '../../wire/address.ts';
import { readU16 } from '../../wire/bytes.ts';
import { ipHeaderLength, IpProtocol, Ipv4Offset } from '../../wire/ipv4.ts';
import { TcpFlag } from '../../wire/tcp-flags.ts';
import { tcpFlags, TcpOffset } from '../../wire/tcp.ts';
import { PacketType } from './ring-block.ts';

const { SYN, RST, ACK } = TcpFlag;

/**
 * Decides which packets are delivered. The loopback shows each twice, going out and coming in: an own one
 * counts when it goes out, any other when it comes in. What comes in for others, in promiscuous mode, is
 * dropped.
 */
export class OwnPackets {
  readonly #ports = new Uint8Array(65_536);
  readonly #routes: Pick<Routes, 'isLocal'>;

  constructor(ports: readonly number[], routes: Pick<Routes, 'isLocal'>) {
    for (const port of ports) this.#ports[port] = 1;
    this.#routes = routes;
  }

  /** `packetType` is that of the sockaddr_ll; the packet has passed the filter, so ports can be read. */
  isWanted(packetType: number, bytes: Uint8Array, offset: number): boolean {
    if (packetType === PacketType.OUTGOING) return this.#isOwn(bytes, offset);
    if (packetType === PacketType.OTHERHOST) return false;
    return !this.#isOwn(bytes, offset) || !this.#routes.isLocal(readAddress(bytes, offset + Ipv4Offset.SOURCE));
  }

  /** From one of our ports, and no answer (SYN-ACK, RST): a target's port may be one of ours too. */
  #isOwn(bytes: Uint8Array, offset: number): boolean {
    if (bytes[offset + Ipv4Offset.PROTOCOL] !== IpProtocol.TCP) return false;
    const tcp = offset + ipHeaderLength(bytes, offset);
    if (this.#ports[readU16(bytes, tcp + TcpOffset.SOURCE_PORT)] === 0) return false;
    const flags = tcpFlags(bytes, tcp);
    return (flags & RST) === 0 && (flags & (SYN | ACK)) !== (SYN | ACK);
  }
}
