import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasSystemCalls, systemCalls, type SystemCalls } from '../../../src/engine/linux/system-calls.ts';
import { addressWord } from '../../../src/engine/packet-ring/frame-slots.ts';
import { NextHops } from '../../../src/engine/packet-ring/next-hops.ts';
import { parseAddress, type Address } from '../../../src/wire/address.ts';
import { createLab, device, type Lab } from '../../netns/lab.ts';
import { CLIENT, ROUTER, routed } from '../../netns/topology.ts';
import { enterNamespace } from '../linux/enter-namespace.ts';
import { rootSuite } from '../linux/root-suite.ts';

const address = (text: string): Address => parseAddress(text) as Address;
const NEAR = device('router');
const SECOND = 1e9;
const MAC = '02:00:00:00:00:aa';
const OTHER = '02:00:00:00:00:bb';

rootSuite('next hops of a namespace', () => {
  let lab: Lab;
  let leave: () => void;
  let calls: SystemCalls;
  let clock = 0;

  const ip = (...argv: string[]): Promise<string> => lab.runOk('client', ['ip', ...argv]);
  const neighbour = (who: string, mac: string, state: string): Promise<string> =>
    ip('neigh', 'replace', who, 'lladdr', mac, 'nud', state, 'dev', NEAR);

  function open(source = CLIENT, name = NEAR, bound = false): NextHops {
    const hops = NextHops.open(calls, { interface: name, source: address(source), bound });
    if (!(hops instanceof NextHops)) throw new Error(hops.message);
    hops.turn((clock += SECOND));
    return hops;
  }

  /** The neighbour that the next packet is addressed to, or null when it is the kernel's. */
  function next(hops: NextHops, target: string): string | null {
    hops.turn((clock += 1000));
    const hop = hops.find(addressWord(address(target)));
    if (hop < 0) return null;
    const bytes = Buffer.from(hops.table.headers.buffer, hop * 16, 6);
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  }

  /** The same after the first packet, which is always the kernel's. */
  function settled(hops: NextHops, target: string): string | null {
    expect(next(hops, target)).toBeNull();
    return next(hops, target);
  }

  beforeAll(async () => {
    lab = await createLab(routed());
    await ip('route', 'add', '10.0.0.0/8', 'via', ROUTER);
    leave = await enterNamespace(lab, 'client');
    const bound = systemCalls();
    if (!hasSystemCalls(bound)) throw new Error(bound.message);
    calls = bound;
  });
  afterAll(async () => {
    leave?.();
    await lab?.close();
  });

  test('are one gateway for many destinations, and each host on the link', async () => {
    await neighbour(ROUTER, MAC, 'permanent');
    await neighbour('10.81.1.9', OTHER, 'permanent');
    const hops = open();
    for (let host = 1; host < 200; host++) expect(settled(hops, `10.81.2.${host}`)).toBe(MAC);
    expect(hops.table.count).toBe(1);
    expect(settled(hops, '10.81.1.9')).toBe(OTHER);
    expect(settled(hops, ROUTER)).toBe(MAC);
    expect(hops.table.count).toBe(2);
    expect(hops.link.mtu).toBe(1500);
    hops.close();
  });

  test('have our own address as the source and say IPv4', async () => {
    await neighbour(ROUTER, MAC, 'permanent');
    const own = (await lab.runOk('client', ['cat', `/sys/class/net/${NEAR}/address`])).trim();
    const hops = open();
    settled(hops, '10.81.2.2');
    const header = Buffer.from(hops.table.headers.buffer, 0, 14).toString('hex');
    expect(header).toBe(`${MAC}${own}0800`.replaceAll(':', ''));
    hops.close();
  });

  test('are none for this host, broadcast, multicast, nowhere and other interfaces', async () => {
    await ip('link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'far0');
    await ip('address', 'add', '10.84.0.1/24', 'dev', 'other0');
    await ip('link', 'set', 'other0', 'up');
    await ip('link', 'set', 'far0', 'up');
    await ip('route', 'add', 'blackhole', '10.85.0.0/16');
    const hops = open();
    for (const target of [
      '127.0.0.1',
      CLIENT,
      '10.81.1.255',
      '255.255.255.255',
      '224.0.0.5',
      '10.84.0.7',
      '10.85.0.1',
      '0.0.0.0',
    ]) {
      expect([target, settled(hops, target)]).toEqual([target, null]);
    }
    hops.close();
    await ip('link', 'del', 'other0');
  });

  test('are none by an interface that is no Ethernet', async () => {
    await ip('tuntap', 'add', 'tun0', 'mode', 'tun');
    for (const name of ['lo', 'tun0', 'nosuch0']) {
      expect(NextHops.open(calls, { interface: name, source: address(CLIENT), bound: false })).toMatchObject({
        code: 'not-supported',
      });
    }
    await ip('link', 'del', 'tun0');
  });

  test('wait for the kernel to resolve them, and are not asked for at each packet', async () => {
    await ip('neigh', 'flush', 'dev', NEAR, 'nud', 'all');
    await ip('neigh', 'del', '10.81.1.77', 'dev', NEAR).catch(() => '');
    const hops = open();
    expect(settled(hops, '10.81.1.77')).toBeNull();
    await neighbour('10.81.1.77', MAC, 'reachable');
    expect(next(hops, '10.81.1.77')).toBeNull();
    clock += 0.1 * SECOND;
    expect(next(hops, '10.81.1.77')).toBe(MAC);
    await neighbour('10.81.1.77', MAC, 'failed');
    expect(next(hops, '10.81.1.77')).toBe(MAC);
    clock += SECOND;
    expect(next(hops, '10.81.1.77')).toBeNull();
    hops.close();
  });

  test('follow an address that changes within a second', async () => {
    await neighbour('10.81.1.9', MAC, 'permanent');
    const hops = open();
    expect(settled(hops, '10.81.1.9')).toBe(MAC);
    const { stamps } = hops.table;
    const before = stamps[0];
    await neighbour('10.81.1.9', OTHER, 'permanent');
    clock += SECOND;
    expect(next(hops, '10.81.1.9')).toBe(OTHER);
    expect(stamps[0]).not.toBe(before);
    hops.close();
  });

  test('are left to the kernel once when they are stale, which makes it confirm them', async () => {
    await neighbour('10.81.1.9', MAC, 'stale');
    const hops = open();
    expect(settled(hops, '10.81.1.9')).toBeNull();
    expect(next(hops, '10.81.1.9')).toBe(MAC);
    expect(next(hops, '10.81.1.9')).toBe(MAC);
    clock += SECOND;
    expect([next(hops, '10.81.1.9'), next(hops, '10.81.1.9')]).toEqual([null, MAC]);
    await neighbour('10.81.1.9', MAC, 'delay');
    clock += SECOND;
    expect(next(hops, '10.81.1.9')).toBe(MAC);
    hops.close();
  });

  test('follow routes that change', async () => {
    await neighbour(ROUTER, MAC, 'permanent');
    await neighbour('10.81.1.9', OTHER, 'permanent');
    const hops = open();
    expect(settled(hops, '10.86.0.1')).toBe(MAC);
    await ip('route', 'add', '10.86.0.0/16', 'via', '10.81.1.9');
    clock += SECOND;
    expect(settled(hops, '10.86.0.1')).toBe(OTHER);
    await ip('rule', 'add', 'to', '10.86.0.0/16', 'prohibit');
    clock += SECOND;
    expect(settled(hops, '10.86.0.1')).toBeNull();
    hops.close();
  });

  test('heed rules that look at the source, and take any source', async () => {
    await neighbour(ROUTER, MAC, 'permanent');
    await neighbour('10.81.1.9', OTHER, 'permanent');
    await ip('address', 'add', '10.81.1.5/32', 'dev', NEAR);
    await ip('route', 'add', 'default', 'via', '10.81.1.9', 'table', '87');
    await ip('rule', 'add', 'from', '10.81.1.5', 'table', '87');
    const [plain, ruled, foreign] = [open(), open('10.81.1.5'), open('192.0.2.1')];
    expect(settled(plain, '10.87.0.1')).toBe(MAC);
    expect(settled(ruled, '10.87.0.1')).toBe(OTHER);
    expect(settled(foreign, '10.87.0.1')).toBe(MAC);
    for (const hops of [plain, ruled, foreign]) hops.close();
  });

  test('are few questions at a time', async () => {
    await neighbour(ROUTER, MAC, 'permanent');
    const hops = open();
    const find = (): number =>
      Array.from({ length: 100 }, (_, host) => hops.find(addressWord(address(`10.88.0.${host}`)))).filter((hop) => hop >= 0)
        .length;
    expect(find()).toBe(0);
    hops.turn((clock += 1000));
    const found = find();
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(50);
    for (let turn = 0; turn < 20; turn++) {
      hops.turn((clock += 1000));
      find();
    }
    expect(find()).toBe(100);
    hops.close();
  });
});
