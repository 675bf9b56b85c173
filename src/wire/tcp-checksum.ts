import { readAddress } from './address.ts';
import { foldChecksum, onesSum, tcpPseudoSum } from './checksum.ts';
import { Ipv4Offset } from './ipv4.ts';

/** Whether the TCP checksum of a whole, unfragmented IPv4 packet is right (RFC 9293, 3.1). Not for packets that an offload is still to finish. */
export function hasRightTcpChecksum(packet: Uint8Array): boolean {
  const start = ((packet[Ipv4Offset.VERSION_IHL] as number) & 0x0f) * 4;
  const length = packet.length - start;
  const source = readAddress(packet, Ipv4Offset.SOURCE);
  const destination = readAddress(packet, Ipv4Offset.DESTINATION);
  return foldChecksum(onesSum(packet, start, length, tcpPseudoSum(source, destination, length))) === 0;
}
