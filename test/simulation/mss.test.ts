import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Middlebox } from '../network/middlebox.ts';
import { dropSyn, loss } from '../network/middleboxes/dropping.ts';
import { mtu } from '../network/middleboxes/link-mtu.ts';
import { addOption, clampMss, padOption, stripOption } from '../network/middleboxes/options.ts';
import { delay, duplicate, reorder } from '../network/middleboxes/timing.ts';
import { optionsOf } from '../network/packet.ts';
import { closed } from '../network/services.ts';
import { banner, http, mute, tls, type Application } from '../network/tcp/application.ts';
import type { ServerForm } from '../network/tcp/server-form.ts';
import { tcpServer } from '../network/tcp/tcp-server.ts';
import { findOption } from '../../src/wire/tcp-options.ts';
import { around, serving, type Around } from '../network/serving.ts';
import { measureMss, type MssAsk, type MssOutcome } from './mss-network.ts';
import { behind, MIDDLE } from './scenario.ts';

const LARGE: ServerForm = { application: http(20_000) };
/** Its window is a constant, so it says nothing of the MSS. */
const OTHER_STACK: ServerForm = { ...LARGE, stack: { style: 'freebsd', window: 65_535 } };
/** Segments come put together, as network cards and kernels show them. */
const MERGED = { local: { mergesSegments: true } } as const;
const CLEAN_ROWS = ['8960>1460:1460', '1460>1460:1460', '1400>1460:1400', '1300>1460:1300', '536>1460:536', 'none>1460:536'];

function measure(form: ServerForm, between: Around = {}, ask: MssAsk = {}): Promise<MssOutcome> {
  return measureMss(serving(form, { ...MERGED, ...between }), ask);
}

function link(bytes: number, icmp: boolean): Around {
  const box = mtu(bytes, { icmp });
  return { forward: [box.forward], reverse: [box.reverse] };
}

describe('a clean path', () => {
  it.each([
    ['Linux', LARGE, {}],
    ['another stack', OTHER_STACK, {}],
    ['a capture that sees every segment for itself', LARGE, { local: { mergesSegments: false } }],
    ['every packet twice', LARGE, { forward: [duplicate(1)], reverse: [duplicate(1)] }],
    ['a long way', LARGE, { reverse: [delay(150)] }],
    ['segments that overtake each other', LARGE, { reverse: [reorder(0.5, 5)] }],
    ['a connection that stays open', { application: http(3000, { keepOpen: true }) }, {}],
  ] as const)('clamps nothing: %s', async (_, form, between) => {
    const { rows, forward, reverse, record, probesSent } = await measure(form, between);
    expect(rows).toEqual(CLEAN_ROWS);
    expect([forward, reverse]).toEqual(['- none', '- none']);
    expect(record.findings).toEqual([]);
    expect(probesSent).toBe(6);
  });

  it('ends one time-out of the server behind the handshake', async () => {
    const { durationMs } = await measure(LARGE);
    expect(durationMs).toBeLessThan(300);
  });

  it('asks as the port and the user want it', async () => {
    const asked: readonly (readonly [Application, MssAsk])[] = [
      [tls(5000), { request: 'tls' }],
      [banner('x'.repeat(4000)), { request: 'none' }],
    ];
    for (const [application, ask] of asked) {
      // oxlint-disable-next-line no-await-in-loop -- one network after the other
      expect((await measure({ application }, {}, ask)).rows).toEqual(CLEAN_ROWS);
    }
  });
});

describe('a clamp on the way there', () => {
  it.each([
    ['lowered, Linux', LARGE, clampMss(1300, 'down'), '1300 likely lowered'],
    ['lowered, another stack: the second MSS option tells', OTHER_STACK, clampMss(1300, 'down'), '1300 likely lowered'],
    ['lowered in every option, another stack', OTHER_STACK, clampMss(1300, 'down', 'all'), '1300 possible lowered'],
    ['set to a constant', LARGE, clampMss(1300, 'set'), '1300 likely set'],
    ['set to a large one', LARGE, clampMss(1460, 'set'), '1460 likely set'],
    ['removed', LARGE, stripOption(2), '536 likely lowered'],
    ['overwritten', LARGE, padOption(2), '536 likely lowered'],
  ] as const)('%s', async (_, form, box, expected) => {
    const { record, forward, reverse } = await measure(form, { forward: [box] });
    expect([`${forward} ${record.forward.change}`, reverse]).toEqual([expected, '- none']);
    expect(record.findings.map(({ code, direction }) => `${code} ${direction}`)).toEqual(['mss-clamped forward']);
  });

  it('is no clamp where the option is put into SYNs without it, but told', async () => {
    const insert: Middlebox = (packet, context) =>
      findOption(optionsOf(packet), 'mss') === undefined
        ? addOption({ kind: 2, name: 'mss', value: 1360 })(packet, context)
        : [{ packet, way: 'onward', delay: 0 }];
    const { record, forward } = await measure(LARGE, { forward: [insert] });
    expect(forward).toBe('1360 possible');
    expect(record.forward).toMatchObject({ change: 'added', mss: 1460 });
  });

  it('is placed between the hops that quote it as it was and as it became', async () => {
    const network = behind({ 80: tcpServer(LARGE) }, { forward: [clampMss(1300, 'down')], local: { mergesSegments: true } });
    const { forward, record } = await measureMss(network);
    expect(forward).toBe('1300 proven');
    expect(record.forward.evidence).toEqual(['quote', 'segment-size']);
    expect(record.forward.detail).toContain(`its MSS 1460 has become 1300 between ${MIDDLE} and 10.0.0.3`);
  });

  it('is proven by quotes where the host sends nothing', async () => {
    const between = { forward: [clampMss(1300, 'down')] };
    const { forward, record } = await measureMss(behind({ 80: tcpServer({ application: mute }) }, between));
    expect(forward).toBe('1300 proven');
    expect(record.forward.evidence).toEqual(['quote']);
  });
});

describe('a clamp on the way back', () => {
  it.each([
    ['lowered, Linux', LARGE, clampMss(1300, 'down'), '1300 likely'],
    ['lowered, another stack: its segments are larger', OTHER_STACK, clampMss(1300, 'down'), '1300 likely'],
    ['raised above a small MTU', { ...LARGE, mtu: 1340 }, clampMss(1460, 'set'), '1460 likely'],
    ['removed', LARGE, stripOption(2), '536 possible'],
  ] as const)('%s', async (_, form, box, reverse) => {
    const outcome = await measure(form, { reverse: [box] });
    expect([outcome.forward, outcome.reverse]).toEqual(['- none', reverse]);
  });
});

describe('clamps in both directions', () => {
  it.each([
    ['the same, Linux', LARGE, 1300, 1300],
    ['the same, another stack', OTHER_STACK, 1300, 1300],
    ['lower there', LARGE, 1200, 1380],
    ['lower back', LARGE, 1380, 1200],
  ] as const)('%s', async (_, form, there, back) => {
    const boxes = { forward: [clampMss(there, 'down')], reverse: [clampMss(back, 'down')] };
    const { forward, reverse } = await measure(form, boxes);
    expect([forward, reverse]).toEqual([`${there} likely`, `${back} likely`]);
  });

  it('that rewrite every MSS option hide behind a constant window, and nobody claims to know', async () => {
    const box = clampMss(1300, 'down', 'all');
    const { forward, reverse } = await measure(OTHER_STACK, { forward: [box], reverse: [box] });
    expect([forward, reverse]).toEqual(['- unknown', '- unknown']);
  });
});

describe('what looks like a clamp and is none', () => {
  it.each([
    ['a small MTU, Linux', { ...LARGE, mtu: 1340 }, '- none', '- none'],
    ['a small MTU, another stack', { ...OTHER_STACK, mtu: 1340 }, '- unknown', '- unknown'],
    ['a path MTU that Linux knows', { ...LARGE, pathMtu: 1400 }, '- none', '- none'],
    ['SYN cookies, which know four sizes', { ...LARGE, cookies: true }, '- none', '- none'],
  ] as const)('%s', async (_, form, forward, reverse) => {
    const outcome = await measure(form);
    expect([outcome.forward, outcome.reverse]).toEqual([forward, reverse]);
    expect(outcome.record.findings).toEqual([]);
  });

  it('a path MTU that Linux learns of while it is measured', async () => {
    const { rows, forward, record } = await measure(LARGE, link(1400, true));
    expect(rows.slice(0, 3)).toEqual(['8960>1460:1360', '1460>1460:1360', '1400>1460:1360']);
    expect(forward).toBe('- none');
    expect(record.forward.detail).toContain('learned of a path MTU of 1400');
  });

  it('a path MTU that another stack learns of: possible, and both explanations are named', async () => {
    const { forward, record } = await measure(OTHER_STACK, link(1400, true));
    expect(forward).toBe('1360 possible');
    expect(record.forward.detail).toContain('or it knows of a path MTU of 1400');
  });
});

describe('a narrow link that nobody speaks of', () => {
  it('swallows what no clamp makes smaller', async () => {
    const { forward, record } = await measure(LARGE, link(1400, false));
    expect(forward).toBe('- none');
    expect(record.findings).toMatchObject([
      { code: 'pmtu-black-hole', direction: 'reverse', certainty: 'likely', sent: 1440, received: 1340 },
    ]);
  });

  it('harms nobody behind a clamp', async () => {
    const { forward: there, reverse: back } = link(1400, false);
    const between = {
      forward: [clampMss(1360, 'down'), ...(there ?? [])],
      reverse: [...(back ?? []), clampMss(1360, 'down')],
    };
    const { forward, reverse, record } = await measure(LARGE, between);
    expect([forward, reverse]).toEqual(['1360 likely', '1360 likely']);
    expect(record.findings.map(({ code }) => code)).toEqual(['mss-clamped', 'mss-clamped']);
  });
});

describe('too little to measure', () => {
  it.each([
    ['a short reply', http(300), 'Not enough data: 300 bytes came'],
    ['a short reply on a connection that stays open', http(300, { keepOpen: true }), 'Not enough data: 300 bytes came'],
    ['nothing', mute, 'Not enough data: the host sent none'],
  ] as const)('says so, with and without a clamp: %s', async (_, application, detail) => {
    for (const forward of [[], [clampMss(1300, 'down')]]) {
      // oxlint-disable-next-line no-await-in-loop -- one network after the other
      const outcome = await measure({ application }, { forward });
      expect(outcome.forward).toBe('- unknown');
      expect(outcome.record.forward.detail).toContain(detail);
      expect(outcome.record.forward.mss).toBeNull();
    }
  });

  it('still tells what one large segment excludes', async () => {
    const { rows, forward, record } = await measure({ application: http(1400) });
    expect(rows.slice(0, 4)).toEqual(['8960>1460:?', '1460>1460:?', '1400>1460:1400', '1300>1460:1300']);
    expect(forward).toBe('- unknown');
    expect(record.forward.detail).toContain('A segment of 1412 bytes arrived, so nothing clamps below that.');
  });

  it.each([
    ['a closed port', around(closed()), 'closed', 'rst'],
    ['a silent one', serving(LARGE, { forward: [dropSyn()] }), 'filtered', 'no-response'],
  ] as const)('%s', async (_, network, state, reason) => {
    const { record, forward, reverse, durationMs } = await measureMss(network);
    expect(record).toMatchObject({ state, reason });
    expect([forward, reverse]).toEqual(['- unknown', '- unknown']);
    expect(durationMs).toBeLessThanOrEqual(3100);
  });
});

describe('expectations', () => {
  it.each([
    ['1300', true, null],
    ['<=1400', true, null],
    ['1400', false, 'expected forward MSS 1400, is 1300; expected reverse MSS 1400, is 1300'],
    ['<=1200', false, 'expected forward MSS at most 1200, is 1300; expected reverse MSS at most 1200, is 1300'],
  ] as const)('%s', async (expect_, pass, why) => {
    const both = { forward: [clampMss(1300, 'down')], reverse: [clampMss(1300, 'down')] };
    const { record } = await measure(LARGE, both, { expect: expect_ });
    expect(record).toMatchObject({ pass, why, expected: { forward: expect_, reverse: expect_ } });
  });

  it('are missed where nothing could be measured', async () => {
    const { record } = await measure({ application: mute }, {}, { expect: '1460' });
    expect(record).toMatchObject({ pass: false, why: 'expected forward MSS 1460, could not be measured' });
  });
});

describe('laws', () => {
  const bad = fc.record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    lost: fc.constantFrom(0, 0.02, 0.1, 0.2),
    copied: fc.constantFrom(0, 0.3),
    late: fc.constantFrom(0, 3),
    merges: fc.boolean(),
  });

  function boxes({ lost, copied, late }: { readonly lost: number; readonly copied: number; readonly late: number }): Middlebox[] {
    return [loss(lost), duplicate(copied), reorder(0.3, late)];
  }

  it('no loss, copy or disorder makes a clamp out of nothing', async () => {
    await fc.assert(
      fc.asyncProperty(bad, fc.boolean(), async (path, linux) => {
        const between = { local: { mergesSegments: path.merges }, forward: boxes(path), reverse: boxes(path) };
        const { record } = await measure(linux ? LARGE : OTHER_STACK, between, { seed: path.seed });
        expect(record.forward.change).toBeNull();
        expect(record.reverse.change).toBeNull();
        for (const { offered, effective } of record.rows) expect([null, Math.min(offered ?? 536, 1460)]).toContain(effective);
      }),
      { numRuns: 60 },
    );
  });

  it('a clamp is told with its value or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(bad, fc.integer({ min: 600, max: 1440 }), async (path, value) => {
        const between = {
          local: { mergesSegments: path.merges },
          forward: [clampMss(value, 'down'), ...boxes(path)],
          reverse: boxes(path),
        };
        const { record } = await measure(LARGE, between, { seed: path.seed });
        expect([null, value]).toContain(record.forward.clampedTo);
        if (path.lost === 0) expect(record.forward.clampedTo).toBe(value);
        expect(record.reverse.change).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  it('wherever a run is cut short, it says what it knows and no more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 500 }), async (interruptAt) => {
        const { record } = await measure(LARGE, { forward: [clampMss(1300, 'down')] }, { interruptAt });
        expect([null, 1300]).toContain(record.forward.clampedTo);
      }),
      { numRuns: 30 },
    );
  });
});
