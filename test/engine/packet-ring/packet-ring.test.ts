import { afterEach, expect, test } from 'vitest';
import { openPacketRing, packetRing } from '../../../src/engine/packet-ring/packet-ring.ts';
import { Errno } from '../../../src/transport/errno.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { parseAddress, type Address } from '../../../src/wire/address.ts';
import { NANOS_PER_MS } from '../../../src/wire/numbers.ts';
import { TcpFlag } from '../../../src/wire/tcp-flags.ts';
import { CaptureLog } from '../../contract/capture-log.ts';
import { writeSyn } from '../../contract/syn-packet.ts';
import { device } from '../../netns/lab.ts';
import { chain, TARGET } from '../../netns/topology.ts';
import { CLOSED_PORT, OPEN_PORT, openEngineLab, sendSyn, type OpenLab } from '../linux/engine-lab.ts';
import { rootSuite } from '../linux/root-suite.ts';

const target = parseAddress(TARGET) as Address;
const loopback = parseAddress('127.0.0.1') as Address;
const TINY = [{ blockBytes: 4096, blocks: 2 }];

function openLab(sourcePorts = 1): Promise<OpenLab> {
  return openEngineLab((options) => packetRing.open(options), sourcePorts);
}

async function untilFault(transport: Transport, withinMs: number): Promise<void> {
  const deadline = transport.now() + withinMs * NANOS_PER_MS;
  while (transport.fault() === null && transport.now() < deadline) await transport.wait(deadline);
}

/** Fills the whole batch with SYNs to a closed port and sends it. */
function flood({ transport, routes, sourcePorts }: OpenLab): void {
  const source = routes.sources[routes.lookup(target)]?.address as Address;
  const { batch } = transport;
  const sourcePort = sourcePorts[0] as number;
  for (let slot = 0; slot < batch.capacity; slot++) {
    const syn = { source, target, sourcePort, port: CLOSED_PORT, seq: slot };
    batch.lengths[slot] = writeSyn(batch.bytes, slot * batch.slotSize, syn);
  }
  batch.count = batch.capacity;
  transport.flush();
  batch.count = 0;
}

rootSuite('packet-ring', () => {
  let open: OpenLab | null = null;
  afterEach(async () => {
    await open?.close();
    open = null;
  });

  test('check finds nothing wrong where everything is there', async () => {
    open = await openLab();
    expect(await packetRing.check()).toBeNull();
    expect(open.warnings).toEqual([]);
  });

  test('own SYN and reply are seen exactly once each, on a cable and on the loopback, and in that order', async () => {
    open = await openLab();
    for (const to of [target, loopback]) {
      const log = new CaptureLog(open.transport);
      expect(sendSyn(open, { to, port: CLOSED_PORT })).toBe(0);
      const sentAt = open.transport.batch.sentAt[0] as number;
      expect(await log.find((one) => (one.flags & TcpFlag.RST) !== 0)).toBeDefined();
      // Whatever the tap doubled would have come with the packet itself; one more round trip shows that nothing is under way.
      expect(sendSyn(open, { to, port: CLOSED_PORT + 100 })).toBe(0);
      expect(await log.find((one) => one.sourcePort === CLOSED_PORT + 100)).toBeDefined();
      const about = log.heard.filter((one) => one.sourcePort === CLOSED_PORT || one.destinationPort === CLOSED_PORT);
      expect(about.map((one) => one.flags)).toEqual([TcpFlag.SYN, TcpFlag.RST | TcpFlag.ACK]);
      const [syn, rst] = about;
      // The clocks are put together to a fraction of a microsecond.
      expect(syn?.at).toBeGreaterThan(sentAt - 10_000);
      expect(rst?.at).toBeGreaterThan(syn?.at as number);
    }
  });

  test('a source port that is the target of another is no riddle on the loopback', async () => {
    open = await openLab(2);
    const log = new CaptureLog(open.transport);
    const port = open.sourcePorts[1] as number;
    sendSyn(open, { to: loopback, port });
    expect(await log.find((one) => (one.flags & TcpFlag.RST) !== 0)).toMatchObject({ sourcePort: port });
    await open.transport.wait(open.transport.now() + 20 * NANOS_PER_MS);
    expect(log.heard.map((one) => one.flags)).toEqual([TcpFlag.SYN, TcpFlag.RST | TcpFlag.ACK]);
  });

  test('what came before the handler was named is not replayed', async () => {
    open = await openLab();
    sendSyn(open, { to: target, port: CLOSED_PORT });
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    const log = new CaptureLog(open.transport);
    await open.transport.wait(open.transport.now() + 20 * NANOS_PER_MS);
    expect(log.heard).toEqual([]);
  });

  test('an OUTPUT rule that drops is EPERM for its slot alone', async () => {
    open = await openLab();
    await open.lab.nft('client', chain('output', [`tcp dport ${OPEN_PORT} drop`]));
    const { batch } = open.transport;
    const source = open.routes.sources[open.routes.lookup(target)]?.address as Address;
    [CLOSED_PORT, OPEN_PORT, OPEN_PORT, CLOSED_PORT].forEach((port, slot) => {
      const syn = { source, target, sourcePort: open?.sourcePorts[0] as number, port, seq: slot };
      batch.lengths[slot] = writeSyn(batch.bytes, slot * batch.slotSize, syn);
    });
    batch.count = 4;
    open.transport.flush();
    expect([...batch.errors.subarray(0, 4)]).toEqual([0, Errno.EPERM, Errno.EPERM, 0]);
  });

  test.each([
    ['a ring', TINY],
    ['a receive buffer', []],
  ])('%s that overflows is counted, and goes on', async (_, sizes) => {
    open = await openEngineLab((options) => openPacketRing(options, sizes), 1);
    const log = new CaptureLog(open.transport);
    expect(open.transport.drops()).toBe(0);
    sendSyn(open, { to: target, port: CLOSED_PORT });
    expect(await log.find((one) => (one.flags & TcpFlag.RST) !== 0)).toBeDefined();
    for (let turn = 0; turn < 16; turn++) flood(open);
    const lost = open.transport.drops() as number;
    expect(lost).toBeGreaterThan(0);
    await open.transport.wait(open.transport.now() + 20 * NANOS_PER_MS);
    expect(open.transport.drops()).toBeGreaterThanOrEqual(lost);
    const again = new CaptureLog(open.transport);
    sendSyn(open, { to: target, port: CLOSED_PORT });
    expect(await again.find((one) => (one.flags & TcpFlag.RST) !== 0)).toBeDefined();
    await open.transport.close();
    expect(open.transport.drops()).toBeGreaterThanOrEqual(lost);
  });

  test('a handler that waits, flushes and closes in mid-delivery gets no packet twice and no other one after', async () => {
    open = await openLab();
    const { transport } = open;
    let calls = 0;
    transport.capture(() => {
      calls++;
      void transport.wait(0);
      transport.flush();
      if (calls === 3) void transport.close();
    });
    flood(open);
    for (let turn = 0; turn < 20; turn++) await transport.wait(transport.now() + 20 * NANOS_PER_MS);
    await transport.wait(Infinity);
    expect(calls).toBe(3);
    open.transport.batch.count = 1;
    transport.flush();
    expect(transport.batch.errors[0]).toBe(Errno.EBADF);
  });

  test('timers get their turn while the wait is never long', async () => {
    open = await openLab();
    const { transport } = open;
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const until = transport.now() + 200 * NANOS_PER_MS;
    while (transport.now() < until) await transport.wait(transport.now());
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  test('an interface that goes down in mid-run is a fault within a second', async () => {
    open = await openLab();
    const { transport } = open;
    sendSyn(open, { to: target, port: OPEN_PORT });
    expect(transport.fault()).toBeNull();
    await open.lab.runOk('client', ['ip', 'link', 'set', device('target'), 'down']);
    const before = transport.now();
    await untilFault(transport, 5000);
    expect(transport.fault()?.message).toBe(`interface ${device('target')} is down`);
    expect(transport.now() - before).toBeLessThan(1000 * NANOS_PER_MS);
  });

  test('an unknown interface is a usage error that quotes it', async () => {
    open = await openLab();
    const opening = packetRing.open({ sourcePorts: [61000], interface: 'nope0', routes: open.routes, warn: () => undefined });
    await expect(opening).rejects.toMatchObject({
      code: 'usage',
      exitCode: 2,
      message: expect.stringContaining('"nope0"') as string,
    });
  });

  test('an idle wait costs next to no processor time, short waits included', async () => {
    open = await openLab();
    const { transport } = open;
    const before = process.cpuUsage();
    const until = transport.now() + 500 * NANOS_PER_MS;
    while (transport.now() < until) await transport.wait(Math.min(until, transport.now() + NANOS_PER_MS / 2));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 500_000).toBeLessThan(0.5);
  });
});
