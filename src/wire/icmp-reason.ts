const NAMES: Readonly<Record<string, string>> = {
  '3/0': 'icmp-net-unreachable',
  '3/1': 'icmp-host-unreachable',
  '3/2': 'icmp-proto-unreachable',
  '3/3': 'icmp-port-unreachable',
  '3/4': 'icmp-frag-needed',
  '3/9': 'icmp-net-prohibited',
  '3/10': 'icmp-host-prohibited',
  '3/13': 'icmp-admin-prohibited',
  '11/0': 'icmp-ttl-exceeded',
};

/** The reason name of an ICMP error (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1): `icmp-port-unreachable` and its like, else `icmp-TYPE-CODE`. */
export function formatIcmpReason(type: number, code: number): string {
  return NAMES[`${type}/${code}`] ?? `icmp-${type}-${code}`;
}
