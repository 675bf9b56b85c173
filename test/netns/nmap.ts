/** nmap's verdicts by port: `state reason`. */
export type NmapVerdicts = ReadonlyMap<number, string>;

const PORT = /<port protocol="tcp" portid="(?<port>\d+)"><state state="(?<state>[^"]+)" reason="(?<reason>[^"]+)"/g;
const FOLDED = /<extraports state="(?<state>[^"]+)"[^>]*>(?<body>[^]*?)<\/extraports>/g;
const FOLDED_REASON = /<extrareasons reason="(?<reason>[^"]+)"[^>]* ports="(?<ports>[^"]+)"/g;

/**
 * Reads `nmap -oX -`: ports with a line of their own, and those folded into `extraports` by state and
 * reason.
 */
export function readNmap(xml: string): NmapVerdicts {
  const verdicts = new Map<number, string>();
  for (const { groups = {} } of xml.matchAll(PORT))
    verdicts.set(Number(groups['port']), `${groups['state']} ${groups['reason']}`);
  for (const { groups: state = {} } of xml.matchAll(FOLDED)) {
    for (const { groups = {} } of (state['body'] ?? '').matchAll(FOLDED_REASON)) {
      for (const port of portsIn(groups['ports'] ?? '')) verdicts.set(port, `${state['state']} ${groups['reason']}`);
    }
  }
  return verdicts;
}

function portsIn(list: string): readonly number[] {
  return list.split(',').flatMap((item) => {
    const [first = 0, last = first] = item.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** nmap's word for each of our reasons (portreasons.cc). */
export const NMAP_REASON: Readonly<Record<string, string>> = {
  'syn-ack': 'syn-ack',
  rst: 'reset',
  'no-response': 'no-response',
  'icmp-net-unreachable': 'net-unreach',
  'icmp-host-unreachable': 'host-unreach',
  'icmp-proto-unreachable': 'proto-unreach',
  'icmp-port-unreachable': 'port-unreach',
  'icmp-net-prohibited': 'net-prohibited',
  'icmp-host-prohibited': 'host-prohibited',
  'icmp-admin-prohibited': 'admin-prohibited',
};
