import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  interfaceFor,
  isUnresolvedIn,
  type OpenRoutes,
  openRoutes,
  parseRouteTable,
  type RouteOptions,
  TableRoutes,
} from '../../../src/engine/linux/routes.ts';
import { Errno } from '../../../src/transport/errno.ts';
import type { Source } from '../../../src/transport/transport.ts';
import { formatAddress, parseAddress, type Address } from '../../../src/wire/address.ts';
import { createLab, device, type Lab } from '../../netns/lab.ts';
import { CLIENT, ROUTER, routed, TARGET } from '../../netns/topology.ts';
import { enterNamespace } from './enter-namespace.ts';
import { rootSuite } from './root-suite.ts';

const address = (text: string): Address => parseAddress(text) as Address;

function wayTo(routes: OpenRoutes, target: string): Omit<Source, 'address'> & { address: string } {
  const source = routes.sources[routes.lookup(address(target))] as Source;
  return { ...source, address: formatAddress(source.address) };
}

rootSuite('routes of a namespace', () => {
  let lab: Lab;
  let leave: () => void;
  beforeAll(async () => {
    const plan = routed();
    const refusals = (['unreachable', 'prohibit', 'blackhole'] as const).map((type, index) => ({
      host: 'client',
      to: `10.9.${index}.0/24`,
      type,
    }));
    lab = await createLab({ ...plan, routes: [...(plan.routes ?? []), ...refusals] });
    const near = device('router');
    await lab.runOk('client', ['ip', 'address', 'add', '10.81.1.7/32', 'dev', near]);
    await lab.runOk('client', ['ip', 'route', 'add', '10.82.0.0/16', 'via', ROUTER, 'mtu', '1280', 'src', '10.81.1.7']);
    await lab.runOk('client', ['ip', 'route', 'add', '10.83.0.0/16', 'via', ROUTER, 'table', '83']);
    await lab.runOk('client', ['ip', 'rule', 'add', 'to', '10.83.0.0/16', 'table', '83']);
    await lab.runOk('client', ['ip', 'link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'far0']);
    await lab.runOk('client', ['ip', 'address', 'add', '10.84.0.1/24', 'dev', 'other0']);
    await lab.runOk('client', ['ip', 'link', 'set', 'other0', 'mtu', '9000', 'up']);
    await lab.runOk('client', ['ip', 'link', 'set', 'far0', 'up']);
    leave = await enterNamespace(lab, 'client');
  });
  afterAll(async () => {
    leave?.();
    await lab?.close();
  });

  test('are exact: source hint, MTU of the route, policy rules, several interfaces', () => {
    const routes = openRoutes({ sourceIp: null, interface: null });
    const near = device('router');
    expect(wayTo(routes, TARGET)).toEqual({ address: CLIENT, interface: near, mtu: 1500 });
    expect(wayTo(routes, '10.82.3.4')).toEqual({ address: '10.81.1.7', interface: near, mtu: 1280 });
    expect(wayTo(routes, '10.83.3.4')).toEqual({ address: CLIENT, interface: near, mtu: 1500 });
    expect(wayTo(routes, '10.84.0.9')).toEqual({ address: '10.84.0.1', interface: 'other0', mtu: 9000 });
    expect(wayTo(routes, '127.0.0.5')).toEqual({ address: '127.0.0.1', interface: 'lo', mtu: 65535 });
    expect(wayTo(routes, CLIENT)).toMatchObject({ address: CLIENT, interface: 'lo' });
    expect(routes.sources).toHaveLength(5);
    routes.close();
  });

  test('what has no way says why, as the kernel would when sending', () => {
    const routes = openRoutes({ sourceIp: null, interface: null });
    const errors = ['192.0.2.1', '10.9.0.1', '10.9.1.1', '10.9.2.1'].map((target) => routes.lookup(address(target)));
    expect(errors).toEqual([-Errno.ENETUNREACH, -Errno.EHOSTUNREACH, -Errno.EACCES, -Errno.EINVAL]);
    expect(routes.sources).toEqual([]);
    routes.close();
    expect(routes.lookup(address(TARGET))).toBe(-Errno.EBADF);
  });

  test('own addresses are local, others are not', () => {
    const routes = openRoutes({ sourceIp: null, interface: null });
    const local = [CLIENT, '10.81.1.7', '127.9.9.9', '10.84.0.1', TARGET, '192.0.2.1'].map((text) =>
      routes.isLocal(address(text)),
    );
    expect(local).toEqual([true, true, true, true, false, false]);
    routes.close();
  });

  test('a fixed source need not be ours, a fixed interface is obeyed, an unknown one is a usage error', () => {
    const spoofed = openRoutes({ sourceIp: address('198.51.100.7'), interface: null });
    expect(wayTo(spoofed, TARGET)).toEqual({ address: '198.51.100.7', interface: device('router'), mtu: 1500 });
    const fixed = openRoutes({ sourceIp: null, interface: 'other0' });
    expect(wayTo(fixed, TARGET)).toMatchObject({ address: '10.84.0.1', interface: 'other0' });
    expect(() => openRoutes({ sourceIp: null, interface: 'nope0' })).toThrow('"nope0"');
    spoofed.close();
    fixed.close();
  });

  test.each([
    ['the kernel', openRoutes],
    ['the table', (options: RouteOptions): OpenRoutes => new TableRoutes(options)],
  ])('a next hop that answers no ARP is unresolved, by %s', async (_, open) => {
    await lab.runOk('client', ['ip', 'neigh', 'flush', 'all']);
    await lab.runOk('client', ['ip', 'route', 'replace', '10.85.0.0/16', 'via', '10.84.0.9']);
    const routes = open({ sourceIp: null, interface: null });
    const all = ['10.84.0.9', '10.85.1.1', '10.81.1.77', ROUTER, TARGET, CLIENT, '127.0.0.1', '192.0.2.1', '10.9.0.1'];
    const unresolved = (): string[] => all.filter((text) => routes.isUnresolved(address(text)));
    expect(unresolved()).toEqual([]);
    const socket = createSocket('udp4');
    for (const to of ['10.85.1.1', '10.81.1.77', TARGET]) {
      await new Promise((sent) => {
        socket.send('sending makes the entry', 9, to, sent);
      });
    }
    socket.close();
    await expect.poll(unresolved).toEqual(['10.84.0.9', '10.85.1.1', '10.81.1.77']);
    await lab.runOk('client', ['ip', 'neigh', 'replace', '10.84.0.9', 'lladdr', '02:00:00:00:00:09', 'dev', 'other0']);
    expect(unresolved()).toEqual(['10.81.1.77']);
    await lab.runOk('client', ['ip', 'neigh', 'del', '10.84.0.9', 'dev', 'other0']);
    routes.close();
    expect(unresolved()).toEqual(open === openRoutes ? [] : ['10.81.1.77']);
  });

  test('the table alone, for hosts without netlink, agrees where only the main table matters', () => {
    const routes = new TableRoutes({ sourceIp: null, interface: null });
    expect(wayTo(routes, TARGET)).toMatchObject({ address: CLIENT, interface: device('router') });
    expect(wayTo(routes, '10.84.0.9')).toMatchObject({ address: '10.84.0.1', interface: 'other0' });
    expect(wayTo(routes, '127.0.0.1')).toMatchObject({ address: '127.0.0.1', interface: 'lo' });
    expect(routes.lookup(address('192.0.2.1'))).toBe(-Errno.ENETUNREACH);
    expect(routes.isLocal(address(CLIENT))).toBe(true);
  });
});

describe('/proc/net/arp', () => {
  const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
10.84.0.9        0x1         0x0         00:00:00:00:00:00     *        other0
10.84.0.9        0x1         0x2         02:00:00:00:00:09     *        eth0
10.81.1.2        0x1         0x6         02:00:00:00:00:01     *        eth0
`;

  test('an entry without a hardware address is unresolved, on its interface', () => {
    expect(isUnresolvedIn(TABLE, 'other0', address('10.84.0.9'))).toBe(true);
    expect(isUnresolvedIn(TABLE, 'eth0', address('10.84.0.9'))).toBe(false);
    expect(isUnresolvedIn(TABLE, 'eth0', address('10.81.1.2'))).toBe(false);
    expect(isUnresolvedIn(TABLE, 'eth0', address('10.81.1.3'))).toBe(false);
    expect(isUnresolvedIn('', 'eth0', address('10.81.1.3'))).toBe(false);
  });
});

describe('/proc/net/route', () => {
  const TABLE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
*\t0000090A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0
`;

  test('longest prefix, then lowest metric; an unreachable route is no way', () => {
    const routes = parseRouteTable(TABLE);
    const ways = ['8.8.8.8', '192.168.1.9', '10.1.1.1', '10.9.0.1'].map((text) => interfaceFor(address(text), routes));
    expect(ways).toEqual(['eth0', 'eth0', 'tun0', null]);
  });

  test('an empty table has no way', () => {
    expect(interfaceFor(address('8.8.8.8'), parseRouteTable(''))).toBeNull();
  });
});
