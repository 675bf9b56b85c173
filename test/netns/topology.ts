import type { MiddleboxConfig } from './middlebox.ts';
import type { HostPlan, LabPlan } from './plan.ts';

/** Addresses of `routed` and `direct`. */
export const CLIENT = '10.81.1.1';
export const ROUTER = '10.81.1.2';
export const TARGET = '10.81.2.2';
/** TTL of each one's packets at the client. */
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

/** Addresses of `behindRouters`: link N joins hop N and hop N+1, the client being hop 0. */
export const FAR = '10.84.4.2';

/** The address by which router `hop` answers the client. */
export function routerAddress(hop: number): string {
  return `10.84.${hop - 1}.2`;
}

/**
 * Changes to `behindRouters`: plans of r1 to r4 and of the target, and middleboxes on the wires after hop 0
 * to hop 4.
 */
export interface RouterChain {
  readonly routers?: Readonly<Record<string, HostPlan>>;
  readonly target?: HostPlan;
  readonly wires?: Readonly<Record<number, MiddleboxConfig>>;
}

/** client - r1 - r2 - r3 - r4 - target. */
export function behindRouters({ routers = {}, target = {}, wires = {} }: RouterChain = {}): LabPlan {
  const names = ['client', 'r1', 'r2', 'r3', 'r4', 'target'];
  const links = names.slice(0, -1).map((name, index) => {
    const middlebox = wires[index];
    const between = [name, names[index + 1] as string] as const;
    const addresses = [`10.84.${index}.1/24`, `10.84.${index}.2/24`] as const;
    return { between, addresses, ...(middlebox === undefined ? {} : { middlebox }) };
  });
  const routes = names.flatMap((host, index) => [
    ...(index < 4 ? [{ host, to: `10.84.${index + 1}.0/24`, via: `10.84.${index}.2` }] : []),
    ...links
      .slice(index + 1)
      .slice(1)
      .map((_, later) => ({ host, to: `10.84.${index + 2 + later}.0/24`, via: `10.84.${index}.2` })),
    ...Array.from({ length: Math.max(0, index - 1) }, (_, earlier) => ({
      host,
      to: `10.84.${earlier}.0/24`,
      via: `10.84.${index - 1}.1`,
    })),
  ]);
  const plans = names.map(
    (name) => [name, name === 'target' ? target : { router: name !== 'client', ...routers[name] }] as const,
  );
  return { hosts: Object.fromEntries(plans), links, routes };
}
