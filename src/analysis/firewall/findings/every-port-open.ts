import { type Finding, finding } from '../../finding.ts';
import type { GuardEvidence, GuardRule } from '../guard-evidence.ts';
import { classOf } from '../port-tests.ts';
import { USUAL_CONTROLS } from '../../../probe/firewall/battery.ts';

const ENOUGH = 2;

/** Unused ports are open too: a tar pit, a SYN proxy for all ports, a prefix that answers for all. */
export const everyPortOpen: GuardRule = {
  description: 'ports that no service uses answer too',
  find({ tests, facts }: GuardEvidence): readonly Finding[] {
    if (classOf(tests.syn) !== 'open') return [];
    const random = facts.ports.filter(({ role, port }) => role === 'control' && !USUAL_CONTROLS.includes(port));
    if (random.length < ENOUGH || !random.every(({ syn }) => classOf(syn) === 'open')) return [];
    const ports = random.map(({ port }) => port).join(' and ');
    const detail = `Ports ${ports}, chosen at random, are open too: something answers every SYN, so an open port here does not show a service.`;
    return [finding('every-port-open', 'likely', detail, { received: ports })];
  },
};
