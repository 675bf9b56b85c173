import { afterAll, beforeAll, expect, it } from 'vitest';
import { isInstalled } from './child.ts';
import { labProblem } from './holder.ts';
import { createLab, type Lab } from './lab.ts';
import { NMAP_REASON, readNmap, type NmapVerdicts } from './nmap.ts';
import { range } from './plan.ts';
import { labSuite } from './suite.ts';
import { synscope, tally, type Result } from './synscope.ts';
import { chain, routed, TARGET } from './topology.ts';

const nmap = await isInstalled('nmap');
if (!nmap && (await labProblem()) === null) console.log('nmap is not installed: nothing to compare with');

const FIRST = 5000;
const PORTS = 600;
const KINDS = 11;
const LIST = `${FIRST}-${FIRST + PORTS - 1}`;
// The kernel sends 1000 ICMP errors a second (icmp_msgs_per_sec); at higher rates this limit would decide
// what either program sees.
const RATE = '500';

/** Each kind has every eleventh port, so that neighbours differ. */
function portsOf(kind: number): readonly number[] {
  return range(FIRST, PORTS).filter((port) => (port - FIRST) % KINDS === kind);
}

function setOf(kind: number): string {
  return `tcp dport { ${portsOf(kind).join(', ')} }`;
}

labSuite('600 ports under eleven kinds of rule', () => {
  let lab: Lab;
  let ours: Result;
  beforeAll(async () => {
    const input = [
      `${setOf(2)} drop`,
      `${setOf(3)} reject with tcp reset`,
      `${setOf(4)} reject with icmp type port-unreachable`,
      `${setOf(5)} reject with icmp type host-unreachable`,
      `${setOf(6)} reject with icmp type prot-unreachable`,
    ];
    const forward = [
      `${setOf(7)} reject with icmp type admin-prohibited`,
      `${setOf(8)} reject with icmp type net-prohibited`,
      `${setOf(9)} reject with icmp type host-prohibited`,
      `${setOf(10)} reject with icmp type net-unreachable`,
    ];
    lab = await createLab(
      routed({ target: { listen: portsOf(0), nft: chain('input', input) }, router: { nft: chain('forward', forward) } }),
    );
    ours = await synscope(lab, 'client', [TARGET, '-p', LIST, '--rate', RATE, '--retries', '1']);
  });
  afterAll(() => lab?.close());

  async function askNmap(ports: string): Promise<NmapVerdicts> {
    return readNmap(
      await lab.runOk('client', ['nmap', '-sS', '-Pn', '-n', '--reason', '--max-rate', RATE, '-p', ports, '-oX', '-', TARGET]),
    );
  }

  it.skipIf(!nmap)('are seen as nmap sees them', async () => {
    const first = await askNmap(LIST);
    // On a slow machine nmap misses an ICMP error now and then and reports no-response: it is asked about
    // such ports again, alone.
    const lost = ours.ports.filter(({ port, reason }) => first.get(port)?.endsWith('no-response') && reason.startsWith('icmp-'));
    const again = lost.length === 0 ? [] : await askNmap(lost.map(({ port }) => port).join(','));
    const theirs = new Map([...first, ...again]);
    expect(theirs.size).toBe(PORTS);
    const differences = ours.ports.flatMap(({ port, state, reason }) => {
      const mine = `${state} ${NMAP_REASON[reason] ?? reason}`;
      return mine === theirs.get(port) ? [] : [`${port}: ${mine}, nmap ${theirs.get(port)}`];
    });
    expect(differences).toEqual([]);
  });

  it('are seen as the rules say', () => {
    expect(tally(ours)).toEqual({
      'open syn-ack': portsOf(0).length,
      'closed rst': portsOf(1).length + portsOf(3).length,
      'filtered no-response': portsOf(2).length,
      'filtered icmp-port-unreachable': portsOf(4).length,
      'filtered icmp-host-unreachable': portsOf(5).length,
      'filtered icmp-proto-unreachable': portsOf(6).length,
      'filtered icmp-admin-prohibited': portsOf(7).length,
      'filtered icmp-net-prohibited': portsOf(8).length,
      'filtered icmp-host-prohibited': portsOf(9).length,
      'filtered icmp-net-unreachable': portsOf(10).length,
    });
  });
});
