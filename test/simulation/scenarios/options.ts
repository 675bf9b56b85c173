import { port, synAck, option as carries, payload as carriesData, ecnFlags } from '../../network/match.ts';
import { clearEcn, rewriteDscp } from '../../network/middleboxes/fields.ts';
import { dropSyn } from '../../network/middleboxes/dropping.ts';
import {
  addOption,
  changeOptions,
  clampMss,
  mirrorOptions,
  padOption,
  reorderOptions,
  rewriteOption,
  shiftTimestamps,
  stripOption,
} from '../../network/middleboxes/options.ts';
import { synProxy, tarPit } from '../../network/middleboxes/proxies.ts';
import { rejectRst } from '../../network/middleboxes/rejecting.ts';
import { network, router } from '../../network/network.ts';
import { open } from '../../network/services.ts';
import { OPEN, SILENT, behind, forward, reverse, through, type Scenario } from '../scenario.ts';

const WSCALE = 3;
const SACK = 4;
const TS = 8;
const MISSING = { [WSCALE]: 'wscale', [SACK]: 'sackOK', [TS]: 'ts' } as const;

/** What middleboxes do to options, as far as one SYN-ACK shows it. */
export const OPTIONS: readonly Scenario[] = [
  ...Object.entries(MISSING).map(([kind, name]) => ({
    name: `${name} stripped on the way out: missing, possible at most`,
    network: forward({ 80: open() }, stripOption(Number(kind))),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: [`option-missing:${name} possible`] } },
  })),
  ...Object.entries(MISSING).map(([kind, name]) => ({
    name: `${name} stripped on the way back: missing, possible at most`,
    network: reverse({ 80: open() }, stripOption(Number(kind))),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: [`option-missing:${name} possible`] } },
  })),
  {
    name: 'wscale overwritten with NOPs on the way back',
    network: reverse({ 80: open() }, padOption(WSCALE)),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['option-padded:wscale likely'] } },
  },
  {
    name: 'timestamps overwritten with NOPs on the way back',
    network: reverse({ 80: open() }, padOption(TS)),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['option-padded:ts likely'] } },
  },
  {
    name: 'timestamps overwritten with NOPs on the way out show as missing only',
    network: forward({ 80: open() }, padOption(TS)),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['option-missing:ts possible'] } },
  },
  {
    name: 'options reordered on the way out: nothing to see',
    network: forward({ 80: open() }, reorderOptions(TS, WSCALE, SACK)),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'TSval rewritten one way: the echo is not what was sent',
    network: forward({ 80: open() }, shiftTimestamps(1_000_000)),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['timestamp-echo-wrong:ts proven'] } },
  },
  {
    name: 'a window scale rewritten on the way back: no trace in the answer',
    network: reverse(
      { 80: open() },
      rewriteOption(WSCALE, (option) => ('value' in option ? { kind: 3, name: 'wscale', value: 2 } : option)),
    ),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'TSecr blanked on the way back',
    network: reverse(
      { 80: open() },
      rewriteOption(TS, (option) => (option.name === 'ts' && 'echo' in option ? { ...option, echo: 0 } : option)),
    ),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['timestamp-echo-wrong:ts proven'] } },
  },
  {
    name: 'an option added on the way back',
    network: reverse(
      { 80: open() },
      changeOptions(
        (options) => [...options, { kind: 4, name: 'sackOK' }, { kind: 1, name: 'nop' }, { kind: 1, name: 'nop' }],
        synAck,
      ),
    ),
    ask: { ports: '80', options: 'mss=1460' },
    expect: { 80: { ...OPEN, findings: ['option-added:sackOK likely'] } },
  },
  {
    name: 'an MSS inserted into a SYN without one: no trace in the answer',
    network: forward({ 80: open() }, addOption({ kind: 2, name: 'mss', value: 1400 })),
    ask: { ports: '80', options: 'none' },
    expect: { 80: OPEN },
  },
  {
    name: 'an unknown option mirrored back is no support for it',
    network: through({ 80: open() }, mirrorOptions()),
    ask: { ports: '80', options: 'mss=1460,nop,nop,kind=200:c0ffee01c0ffee010102' },
    expect: { 80: { ...OPEN, findings: ['option-added:kind-200 likely'] } },
  },
  {
    name: 'a malformed option in the SYN-ACK',
    network: reverse(
      { 80: open() },
      changeOptions((options) => [...options, { kind: 254, name: 'malformed', data: '00ffff' }], synAck),
    ),
    ask: { ports: '80', options: 'mss=1460' },
    expect: { 80: { ...OPEN, findings: ['option-malformed:kind-254 proven'] } },
  },
  {
    name: 'an option of length 1 at the end of the SYN-ACK',
    network: reverse(
      { 80: open() },
      changeOptions((options) => [...options, { kind: 3, name: 'malformed', data: '010203' }], synAck),
    ),
    ask: { ports: '80', options: 'mss=1460' },
    expect: { 80: { ...OPEN, findings: ['option-malformed:kind-3 proven'] } },
  },
  {
    name: 'MSS clamped on the way back: the window betrays the larger one',
    network: reverse({ 80: open() }, clampMss(1300, 'down')),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['mss-clamped:mss possible'] } },
  },
  {
    name: 'MSS clamped on the way out: no trace in the answer',
    network: forward({ 80: open() }, clampMss(1300, 'down')),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'a server with a small MTU of its own is not called clamped',
    network: behind({ 80: open({ stack: { mss: 1360 } }) }),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'ECN flags cleared, DSCP re-marked: nothing that one answer could show',
    network: behind({ 80: open() }, { forward: [clearEcn(), rewriteDscp(0)], reverse: [rewriteDscp(8)] }),
    ask: { ports: '80', ecn: true },
    expect: { 80: OPEN },
  },
  {
    name: 'ECN-setup SYNs dropped',
    network: forward({ 80: open() }, dropSyn(ecnFlags)),
    ask: { ports: '80', ecn: true },
    expect: { 80: SILENT },
  },
  {
    name: 'SYNs reset because of an option, other ports untouched',
    network: forward(
      { 80: open(), 81: open() },
      rejectRst({ ttl: 62 }, (packet) => carries(TS)(packet) && port(81)(packet)),
    ),
    ask: { ports: '80,81' },
    expect: { 80: OPEN, 81: { state: 'closed', reason: 'rst' } },
  },
  {
    name: 'SYNs with data dropped',
    network: forward({ 80: open() }, dropSyn(carriesData)),
    ask: { ports: '80', payload: '474554' },
    expect: { 80: SILENT },
  },
  {
    name: 'data in the SYN, acknowledged or not: both prove the answer',
    network: behind({ 80: open({ takesData: true }), 81: open(), 82: open({ takesData: false }) }),
    ask: { ports: '80-83', payload: '474554' },
    expect: { 80: OPEN, 81: OPEN, 82: OPEN, 83: { state: 'closed', reason: 'rst', attempts: 1 } },
  },
  {
    name: 'data in the SYN-ACK',
    network: behind({ 80: open({ payload: Uint8Array.of(1, 2, 3) }) }),
    ask: { ports: '80' },
    expect: { 80: { ...OPEN, findings: ['payload-in-syn-ack proven'] } },
  },
  {
    name: 'a SYN proxy on the path: few options, and nearer than the host of the other ports',
    network: forward({ 80: open(), 81: open(), 82: open() }, synProxy({ match: port(81) })),
    ask: { ports: '80-82' },
    expect: {
      80: OPEN,
      82: OPEN,
      81: {
        state: 'open',
        reason: 'syn-ack',
        ttl: 63,
        findings: [
          'ttl-mismatch possible',
          'option-missing:sackOK possible',
          'option-missing:ts possible',
          'option-missing:wscale possible',
        ],
      },
    },
  },
  {
    name: 'SYN cookies: with timestamps every option survives',
    network: behind({ 80: open({ cookies: true }) }),
    ask: { ports: '80' },
    expect: { 80: OPEN },
  },
  {
    name: 'SYN cookies: without timestamps wscale and SACK are gone',
    network: behind({ 80: open({ cookies: true }) }),
    ask: { ports: '80', options: 'mss=1460,nop,nop,sackOK,nop,wscale=7' },
    expect: { 80: { ...OPEN, findings: ['option-missing:sackOK possible', 'option-missing:wscale possible'] } },
  },
  {
    name: 'everything answers: a tar pit in front of a prefix',
    network: network([], {}, [router('10.0.0.1'), router('10.0.0.2', { forward: [tarPit()] })]),
    ask: { targets: ['198.51.100.0/29'], ports: '80,54321', options: 'mss=1460' },
    expect: Object.fromEntries(
      Array.from({ length: 8 }, (_, host) => `198.51.100.${host}`).flatMap((target) =>
        ['80', '54321'].map((one) => [
          `${target}:${one}`,
          { state: 'open' as const, reason: 'syn-ack', from: target, findings: ['option-missing:mss possible'] },
        ]),
      ),
    ),
  },
  {
    name: 'one port served two hops nearer than the others: a transparent proxy',
    network: behind({ 80: open({ stack: { ttl: 66 } }), 443: open(), 444: open() }),
    ask: { ports: '80,443,444' },
    expect: {
      80: { state: 'open', reason: 'syn-ack', ttl: 63, findings: ['ttl-mismatch possible'] },
      443: OPEN,
      444: OPEN,
    },
  },
  {
    name: 'SYNs without options are answered and nothing is missed',
    network: behind({ 80: open() }),
    ask: { ports: '80', options: 'none' },
    expect: { 80: OPEN },
  },
];
