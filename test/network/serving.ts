import { host, type HostForm, type Service } from './host.ts';
import type { Local } from './local.ts';
import { network, router, site, type Network, type RouterForm } from './network.ts';
import type { ServerForm } from './tcp/server-form.ts';
import { tcpServer } from './tcp/tcp-server.ts';

/** The second of two routers, and the machines at both ends. */
export interface Around extends RouterForm {
  readonly local?: Partial<Local>;
  readonly server?: HostForm;
}

/**
 * Port 80 of a host two routers away, each 0.2 ms: a round trip of 1.2 ms. The client's kernel sends no
 * resets.
 */
export function around(service: Service, { local = {}, server = {}, ...middle }: Around = {}): Network {
  const path = [router('10.0.0.1'), router('10.0.0.2', middle)];
  return network([site(host('198.51.100.7', { ...server, ports: { ...server.ports, 80: service } }), path)], {
    resets: false,
    seesOwnPackets: false,
    ...local,
  });
}

/** A TCP server on port 80. */
export function serving(form: ServerForm = {}, between: Around = {}): Network {
  return around(tcpServer(form), between);
}
