import { randomFillSync } from 'node:crypto';

import { afterEach, expect, test } from 'vitest';
import { openPacketRing } from '../../../src/engine/packet-ring/packet-ring.ts';
import { ProbeSession } from '../../../src/probe/scan/session.ts';
import type { Verdict } from '../../../src/probe/verdict.ts';
import { runSession } from '../../../src/run/loop.ts';
import { craftSyn } from '../../../src/probe/craft/syn-spec.ts';
import { prepareRun } from '../../../src/run/probe/prepare.ts';
import { openKeystream } from '../../../src/run/machine.ts';
import { TARGET } from '../../netns/topology.ts';
import { openEngineLab, type OpenLab } from '../linux/engine-lab.ts';
import { rootSuite } from '../linux/root-suite.ts';

const TINY = [{ blockBytes: 4096, blocks: 4 }];
const PORTS = 1500;

rootSuite('a packet ring that is far too small', () => {
  let open: OpenLab | null = null;
  afterEach(async () => {
    await open?.close();
    open = null;
  });

  test('loses answers to a flood of foreign packets: they are counted, ports are probed again, and none is called wrong', async () => {
    const run = await prepareRun({ targets: [TARGET], ports: `1-${PORTS}`, rate: 'max' });
    open = await openEngineLab((options) => openPacketRing(options, TINY), run.sourcePortCount);
    const { lab, transport, routes, sourcePorts } = open;
    const flood = ['timeout', '1', 'hping3', '--flood', '-q', '-S', '-k', '-s', '80', '-p', String(sourcePorts[0]), '10.81.2.1'];
    const flooding = lab.start('target', flood);
    const verdicts: Verdict[] = [];
    const session = new ProbeSession({
      ...run,
      routes,
      sourcePorts,
      craft: (source) => craftSyn(run.spec, source),
      key: Uint32Array.of(1, 2, 3, 4),
      keystream: openKeystream(randomFillSync),
      seq: run.spec.seq,
      ipId: run.spec.ipId,
      payloadLength: 0,
      onVerdict: (verdict) => verdicts.push({ ...verdict }),
    });
    const fault = await runSession({ session }, transport, AbortSignal.timeout(12_000));
    flooding.process.kill('SIGTERM');
    expect(fault).toBeNull();
    expect(transport.drops()).toBeGreaterThan(0);
    expect(session.stats.probesSent).toBeGreaterThan(PORTS);
    expect(verdicts).toHaveLength(PORTS);
    expect(new Set(verdicts.map(({ state }) => state))).toEqual(new Set(['closed']));
  });
});
