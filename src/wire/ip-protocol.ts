/** Protocol numbers of the IP header (IANA assigned-internet-protocol-numbers) that this program speaks of. */
export const IpProtocol = { ICMP: 1, TCP: 6, UDP: 17 } as const;
