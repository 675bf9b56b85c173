import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilSays, type Running } from './child.ts';
import { createLab, type Lab } from './lab.ts';
import type { MiddleboxAction, MiddleboxRule } from './middlebox.ts';
import { tunSuite } from './suite.ts';
import { findings, type Result, startSynscope, synscope } from './synscope.ts';
import { routed, TARGET } from './topology.ts';

const TOKEN = ['--token', 'a token of twenty or so'];
const PORTS = '4000-4010';
const SHIFT = 1_000_000;

type Case = readonly [port: number, direction: 'forward' | 'reverse', action: MiddleboxAction, found: readonly string[]];

/** A box's action on the SYN or the SYN-ACK of a port, and the expected finding. */
const CASES: readonly Case[] = [
  [4000, 'forward', { do: 'strip-option', kind: 8 }, ['option-stripped ts forward proven']],
  [4001, 'reverse', { do: 'strip-option', kind: 4 }, ['option-stripped sackOK reverse proven']],
  [4002, 'forward', { do: 'set-option', kind: 2, hex: '02042328' }, ['option-rewritten mss forward proven']],
  [4003, 'forward', { do: 'set-option', kind: 2, hex: '02040400' }, ['mss-clamped mss forward proven']],
  [4004, 'forward', { do: 'set-window', value: 5000 }, ['window-rewritten forward proven']],
  [4005, 'reverse', { do: 'set-window', value: 5000 }, ['window-rewritten reverse proven']],
  [4006, 'forward', { do: 'set-option', kind: 8, hex: '080a0000000100000000' }, ['option-rewritten ts forward proven']],
  [4007, 'forward', { do: 'set-ttl', value: 200 }, []],
];

/**
 * Sequence numbers translated as by a firewall: added on the forward path, subtracted from acknowledgements
 * on the reverse path.
 */
const TRANSLATED = 4008;
/** The same with timestamps rewritten: only a proof in another field gets through. */
const EVERYTHING = 4009;

function translation(port: number): readonly MiddleboxRule[] {
  const ports = [port, port] as const;
  return [
    { direction: 'forward', ports, actions: [{ do: 'add-sequence', value: SHIFT }] },
    { direction: 'reverse', ports, actions: [{ do: 'add-acknowledgement', value: -SHIFT }] },
  ];
}

tunSuite('a responder behind a middlebox', () => {
  let lab: Lab;
  let responder: Running;
  let result: Result;

  beforeAll(async () => {
    const rules: readonly MiddleboxRule[] = [
      ...CASES.map(([port, direction, action]) => ({
        direction,
        ports: [port, port] as const,
        flags: direction === 'forward' ? 'S' : 'S.',
        actions: [action],
      })),
      ...translation(TRANSLATED),
      ...translation(EVERYTHING),
      { direction: 'forward', ports: [EVERYTHING, EVERYTHING], flags: 'S', actions: [{ do: 'strip-option', kind: 8 }] },
    ];
    lab = await createLab(routed({ middlebox: { rules } }));
    responder = startSynscope(lab, 'target', ['respond', '--listen-ports', PORTS, ...TOKEN]);
    await untilSays(responder, '"type":"run"');
    result = await synscope(lab, 'client', [TARGET, '-p', PORTS, '--responder', ...TOKEN, '--retries', '1']);
  });
  afterAll(() => lab?.close());

  it.each(CASES)('port %i, %s: %o', (port, _direction, _action, expected) => {
    expect(findings(result.port(port))).toEqual(expected);
    expect(result.port(port).responder?.status).toBe('reported');
  });

  it('sees the TTL that a box sets', () => {
    expect(result.port(4007).responder?.ttl).toBeGreaterThan(64);
  });

  it('is proven by the timestamp where sequence numbers are translated, and reports the translation', () => {
    const { responder: far } = result.port(TRANSLATED);
    expect(findings(result.port(TRANSLATED))).toEqual(['sequence-rewritten forward proven']);
    expect(far).toMatchObject({ proof: ['ts'], reverse: [] });
  });

  it('does not recognise a SYN with every proof rewritten, and does not claim that it was dropped', () => {
    expect(result.port(EVERYTHING)).toMatchObject({ state: 'filtered', responder: { status: 'never-arrived' } });
    expect(findings(result.port(EVERYTHING))).toEqual(['syn-dropped forward likely']);
  });

  it('recognises it by --proof option', async () => {
    const again = await synscope(lab, 'client', [TARGET, '-p', `${EVERYTHING}`, '--responder', ...TOKEN, '--proof', 'option']);
    expect(findings(again.port(EVERYTHING))).toEqual(['sequence-rewritten forward proven', 'option-stripped ts forward proven']);
    expect(again.port(EVERYTHING).responder?.proof).toEqual(['option']);
  });

  it('finds nothing at an untouched port', () => {
    expect(findings(result.port(4010))).toEqual([]);
    expect(result.port(4010).responder).toMatchObject({ status: 'reported', forward: [], reverse: [] });
  });
});
