import { portRuns } from '../linux/port-runs.ts';

/**
 * The pcap filter of a run that sends from `ports` (not empty, ascending): TCP to them whatever its flags, TCP from them but for the resets that
 * the kernel answers stray SYN-ACKs with, and the ICMP errors that can be about them. First fragments only, as everywhere in TCP matching.
 * ICMP: 3 unreachable, 4 source quench, 5 redirect, 11 time exceeded, 12 parameter problem (RFC 792).
 */
export function captureFilter(ports: readonly number[]): string {
  const runs = portRuns(ports);
  const tcp = `(${match('dst', runs)}) or ((${match('src', runs)}) and tcp[13] & 4 = 0)`;
  const icmp = [3, 4, 5, 11, 12].map((type) => `icmp[0] = ${type}`).join(' or ');
  return `ip and (${tcp} or (icmp and (${icmp})))`;
}

function match(side: 'src' | 'dst', runs: readonly (readonly [number, number])[]): string {
  return runs
    .map(([first, last]) => (first === last ? `tcp ${side} port ${first}` : `tcp ${side} portrange ${first}-${last}`))
    .join(' or ');
}
