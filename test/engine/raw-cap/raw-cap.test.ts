import { afterEach, expect, test } from 'vitest';
import { Errno } from '../../../src/transport/errno.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { parseAddress, type Address } from '../../../src/wire/address.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { rawCap } from '../../../src/engine/raw-cap/raw-cap.ts';
import { CaptureLog } from '../../contract/capture-log.ts';
import { device } from '../../netns/lab.ts';
import { chain, TARGET } from '../../netns/topology.ts';
import { sendSyn } from '../linux/engine-lab.ts';
import { rootSuite } from '../linux/root-suite.ts';
import { CLOSED_PORT, OPEN_PORT, openLab, type OpenLab } from './open-lab.ts';

const target = parseAddress(TARGET) as Address;
const loopback = parseAddress('127.0.0.1') as Address;
const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK;

async function untilFault(transport: Transport, withinMs: number): Promise<void> {
  const deadline = transport.now() + withinMs * NANOS_PER_MS;
  while (transport.fault() === null && transport.now() < deadline) await transport.wait(deadline);
}

rootSuite('raw-cap', () => {
  let open: OpenLab | null = null;
  afterEach(async () => {
    await open?.close();
    open = null;
  });

  test('check finds nothing wrong where everything is there, and leaves nothing open', async () => {
    open = await openLab(1);
    expect(await rawCap.check()).toBeNull();
    expect(open.warnings).toEqual([]);
  });

  test('own SYN and reply are seen exactly once each, on a cable and on the loopback', async () => {
    open = await openLab(1);
    for (const to of [target, loopback]) {
      const log = new CaptureLog(open.transport);
      expect(sendSyn(open, { to, port: CLOSED_PORT })).toBe(0);
      expect(await log.find((one) => (one.flags & TcpFlag.RST) !== 0)).toBeDefined();
      // Whatever the tap doubled would have come with the packet itself; one more round trip shows that nothing is under way.
      expect(sendSyn(open, { to, port: CLOSED_PORT + 100 })).toBe(0);
      expect(await log.find((one) => one.sourcePort === CLOSED_PORT + 100)).toBeDefined();
      const about = log.heard.filter((one) => one.sourcePort === CLOSED_PORT || one.destinationPort === CLOSED_PORT);
      expect(about.map((one) => one.flags)).toEqual([TcpFlag.SYN, TcpFlag.RST | TcpFlag.ACK]);
    }
  });

  test('the kernel tears a half-open connection down, and that reset is not captured', async () => {
    open = await openLab(1);
    const log = new CaptureLog(open.transport);
    sendSyn(open, { to: target, port: OPEN_PORT });
    expect(await log.find((one) => one.flags === SYN_ACK)).toBeDefined();
    const sockets = await open.lab.runOk('target', ['cat', '/proc/net/tcp']);
    expect(sockets.split('\n').filter((line) => / 0[0-9A-F]{7}:[0-9A-F]{4} [0-9A-F]{8}:[0-9A-F]{4} 03 /.test(line))).toEqual([]);
    expect(log.heard.filter((one) => (one.flags & TcpFlag.RST) !== 0)).toEqual([]);
  });

  test('a reply is stamped within the round trip, not with the end of the batch', async () => {
    open = await openLab(1);
    const { transport } = open;
    const log = new CaptureLog(transport);
    sendSyn(open, { to: target, port: OPEN_PORT });
    const sentAt = transport.batch.sentAt[0] as number;
    const reply = await log.find((one) => one.flags === SYN_ACK);
    const own = log.heard.find((one) => one.flags === TcpFlag.SYN);
    expect(own?.at).toBe(sentAt);
    expect(reply?.at).toBeGreaterThan(sentAt);
  });

  test('an OUTPUT rule that drops is EPERM', async () => {
    open = await openLab(1);
    await open.lab.nft('client', chain('output', [`tcp dport ${OPEN_PORT} drop`]));
    expect(sendSyn(open, { to: target, port: OPEN_PORT })).toBe(Errno.EPERM);
    expect(sendSyn(open, { to: target, port: CLOSED_PORT })).toBe(0);
  });

  test('an interface that goes down in mid-run is a fault within a second, and no abort', async () => {
    open = await openLab(1);
    const { transport } = open;
    sendSyn(open, { to: target, port: OPEN_PORT });
    expect(transport.fault()).toBeNull();
    await open.lab.runOk('client', ['ip', 'link', 'set', device('target'), 'down']);
    const before = transport.now();
    await untilFault(transport, 5000);
    expect(transport.fault()?.message).toBe(`interface ${device('target')} is down`);
    expect(transport.now() - before).toBeLessThan(NANOS_PER_SECOND);
  });

  test('a lost carrier is a fault too, a blink of it is not', async () => {
    open = await openLab(1);
    const { transport, lab } = open;
    sendSyn(open, { to: target, port: OPEN_PORT });
    await untilFault(transport, 300);
    await lab.runOk('target', ['sh', '-c', `ip link set ${device('client')} down; ip link set ${device('client')} up`]);
    await untilFault(transport, 600);
    expect(transport.fault()).toBeNull();
    await lab.runOk('target', ['ip', 'link', 'set', device('client'), 'down']);
    await untilFault(transport, 5000);
    expect(transport.fault()?.message).toBe(`interface ${device('target')} has lost its carrier`);
  });

  test('an unknown interface is a usage error that quotes it', async () => {
    open = await openLab(1);
    const { routes } = open;
    const opening = rawCap.open({ sourcePorts: [61000], interface: 'nope0', routes, warn: () => undefined });
    await expect(opening).rejects.toMatchObject({
      code: 'usage',
      exitCode: 2,
      message: expect.stringContaining('"nope0"') as string,
    });
  });

  test('an idle wait costs next to no processor time, short waits included', async () => {
    open = await openLab(1);
    const { transport } = open;
    const before = process.cpuUsage();
    const until = transport.now() + 500 * NANOS_PER_MS;
    while (transport.now() < until) await transport.wait(Math.min(until, transport.now() + NANOS_PER_MS / 2));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 500_000).toBeLessThan(0.5);
  });
});
