import type { MiddleboxConfig } from './middlebox.ts';
import type { HostPlan, LabPlan } from './plan.ts';

/** Addresses of `routed` and `direct`. */
export const CLIENT = '10.81.1.1';
export const ROUTER = '10.81.1.2';
export const TARGET = '10.81.2.2';
/** TTL with which packets of each arrive at the client. */
export const ROUTER_TTL = 64;
export const TARGET_TTL = 63;

/** What may differ from the plain network. */
export interface Variation {
  readonly client?: HostPlan;
  readonly router?: HostPlan;
  readonly target?: HostPlan;
  /** On the wire between router and target; forward is towards the target. */
  readonly middlebox?: MiddleboxConfig;
  readonly mtu?: number;
  readonly offloads?: boolean;
}

/** client - router - target. */
export function routed({
  client = {},
  router = {},
  target = {},
  middlebox,
  mtu = 1500,
  offloads = true,
}: Variation = {}): LabPlan {
  const wire = middlebox === undefined ? {} : { middlebox };
  return {
    hosts: { client, router: { router: true, ...router }, target },
    links: [
      { between: ['client', 'router'], addresses: [`${CLIENT}/24`, `${ROUTER}/24`], mtu, offloads },
      { between: ['router', 'target'], addresses: ['10.81.2.1/24', `${TARGET}/24`], mtu, offloads, ...wire },
    ],
    routes: [
      { host: 'client', to: '10.81.2.0/24', via: ROUTER },
      { host: 'target', to: '10.81.1.0/24', via: '10.81.2.1' },
    ],
  };
}

/** client - target, one cable. */
export function direct({ client = {}, target = {}, middlebox, mtu = 1500, offloads = true }: Variation = {}): LabPlan {
  const wire = middlebox === undefined ? {} : { middlebox };
  return {
    hosts: { client, target },
    links: [{ between: ['client', 'target'], addresses: ['10.81.2.1/24', `${TARGET}/24`], mtu, offloads, ...wire }],
  };
}

/** An nft script with one table and one filter chain. */
export function chain(hook: 'input' | 'forward' | 'output', rules: readonly string[]): string {
  return `table ip lab_${hook} {\n chain c {\n  type filter hook ${hook} priority 0;\n  ${rules.join('\n  ')}\n }\n}\n`;
}
