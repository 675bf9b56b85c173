import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { untilSays } from './child.ts';
import { createLab, type Lab } from './lab.ts';
import { clamp, kernelResets, measure, mssCommand } from './measuring.ts';
import { labSuite } from './suite.ts';
import { startSynscope } from './synscope.ts';
import { routed, TARGET } from './topology.ts';

const TOKEN = ['--token', 'a token of twenty or so'];
const ASKED = [TARGET, '-p', '4000', '--responder', ...TOKEN];

labSuite('mss with a responder', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab(routed());
    await untilSays(startSynscope(lab, 'target', ['respond', '--listen-ports', '4000', ...TOKEN]), '"type":"run"');
  });
  afterAll(() => lab?.close());
  afterEach(async () => lab.nft('router', 'flush ruleset'));

  it('a clean path: packets arrive unchanged in both directions', async () => {
    const { code, forward, reverse, mss } = await measure(lab, ASKED);
    expect({ code, forward, reverse }).toEqual({ code: 0, forward: '- none', reverse: '- none' });
    expect(mss.forward.evidence).toEqual(['responder']);
    expect(mss.rows.map(({ offered, effective }) => [offered, effective])).toEqual([
      [8960, 8960],
      [1460, 1460],
      [1400, 1400],
      [1300, 1300],
      [536, 536],
      [null, 536],
    ]);
  });

  it.each([
    { forward: '1300', reverse: null },
    { forward: null, reverse: '1300' },
    { forward: '1200', reverse: '1380' },
  ])('is proof of a clamp: forward $forward, reverse $reverse', async (clamps) => {
    await clamp(lab, 'router', clamps);
    const before = await kernelResets(lab, 'client');
    const { forward, reverse, mss } = await measure(lab, ASKED);
    expect([forward, reverse]).toEqual(
      [clamps.forward, clamps.reverse].map((value) => (value === null ? '- none' : `${value} proven`)),
    );
    expect(mss.findings.every(({ certainty }) => certainty === 'proven')).toBe(true);
    expect(await kernelResets(lab, 'client')).toBe(before);
  });

  it.each([
    [['--seq', '1'], 'the sequence number carries the proof'],
    [['--request', 'http'], 'it is asked what arrived, not for data'],
  ] as const)('takes no %j', async (flags, why) => {
    const { code, stderr, stdout } = await lab.run('client', mssCommand([...ASKED, ...flags]));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`with --responder: ${why}`);
  });

  it('ignores another token, and that is no verdict', async () => {
    const other = [TARGET, '-p', '4000', '--responder', '--token', 'another token of twenty'];
    const { mss, forward, reverse } = await measure(lab, [...other, '--offer', 'mtu', '--timeout', '200']);
    expect(mss.state).toBe('filtered');
    expect([forward, reverse]).toEqual(['- unknown', '- unknown']);
  });
});
