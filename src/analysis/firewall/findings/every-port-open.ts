import type { Finding } from '../../finding.ts';
import type { GuardEvidence, GuardRule } from '../guard-evidence.ts';
import { classOf } from '../port-tests.ts';
import { USUAL_CONTROLS } from '../../../probe/firewall/battery.ts';

const ENOUGH = 2;

/** Ports that nobody listens on are open as well: a tar pit, a SYN proxy for everything, a prefix that answers for all. */
export const everyPortOpen: GuardRule = {
  description: 'ports that nobody listens on answer as well',
  find({ tests, facts }: GuardEvidence): readonly Finding[] {
    if (classOf(tests.syn) !== 'open') return [];
    const random = facts.ports.filter(({ role, port }) => role === 'control' && !USUAL_CONTROLS.includes(port));
    if (random.length < ENOUGH || !random.every(({ syn }) => classOf(syn) === 'open')) return [];
    const ports = random.map(({ port }) => port).join(' and ');
    return [
      {
        code: 'every-port-open',
        option: null,
        direction: 'unknown',
        sent: null,
        received: ports,
        certainty: 'likely',
        detail: `Ports ${ports}, chosen at random, are open too: something answers every SYN, so that an open port here says nothing of a service.`,
      },
    ];
  },
};
