import { describe, expect, it } from 'vitest';
import { mssClamped } from '../../src/analysis/findings/mss-clamped.ts';
import type { DecodedPacket, TcpSegment, TcpOption } from '../../src/wire/decoded.ts';
import { TSVAL, evidence, found, only, reply } from './packets.ts';

const CLAMPED = 'mss-clamped mss reverse possible';

/** tcp_select_initial_window() in net/ipv4/tcp_output.c: `space` is the free receive buffer, `segment` the MSS less timestamps. */
function linuxWindow(space: number, segment: number): number {
  const whole = space > segment ? Math.floor(space / segment) * segment : space;
  return Math.min(whole, 65_535);
}

/** A Linux SYN-ACK with other numbers, without the detour over bytes: the law below asks for many. */
function quickSynAck(mss: number, timestamps: boolean, window: number): DecodedPacket {
  const template = timestamps ? WITH_TIMESTAMPS : WITHOUT_TIMESTAMPS;
  const tcp = template.tcp as TcpSegment;
  const options = tcp.header.options.map((option) => (option.name === 'mss' ? { kind: 2, name: 'mss', value: mss } : option));
  return { ...template, tcp: { ...tcp, header: { ...tcp.header, window, options: options as TcpOption[] } } };
}

function synAck(mss: number, timestamps: boolean, window: number) {
  const options = timestamps ? `mss=${mss},sackOK,ts=9:${TSVAL},nop,wscale=7` : `mss=${mss},nop,nop,sackOK,nop,wscale=7`;
  return reply({ options, window });
}

const clampsIn = (mss: number, timestamps: boolean, window: number) =>
  found({ reply: synAck(mss, timestamps, window) }).filter((text) => text.startsWith('mss-clamped'));

/** Timestamps in use, and bytes of free receive buffer. */
const LINUX_VARIANTS = [true, false].flatMap((timestamps) =>
  [65_536, 65_535, 131_072, 32_767, 29_200, 14_600, 43_690, 2304].map((space) => [timestamps, space] as const),
);
const ORDINARY = evidence();
const WITH_TIMESTAMPS = synAck(1, true, 0);
const WITHOUT_TIMESTAMPS = synAck(1, false, 0);

describe('silent', () => {
  it('for Linux of any MTU from 576 to 9000, any buffer, with timestamps and without', () => {
    const wrong: string[] = [];
    for (let mss = 536; mss <= 8960; mss += 1) {
      for (const [timestamps, space] of LINUX_VARIANTS) {
        const window = linuxWindow(space, mss - (timestamps ? 12 : 0));
        const clamps = mssClamped.find({ ...ORDINARY, reply: quickSynAck(mss, timestamps, window) });
        if (clamps.length > 0) wrong.push(`${mss} ${timestamps} ${space} ${window}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('for Linux before 4.19: 4, 10 or 20 segments', () => {
    for (const mss of [536, 1220, 1360, 1380, 1410, 1452, 1460]) {
      for (const segments of [4, 10, 20]) {
        expect(clampsIn(mss, false, segments * mss)).toEqual([]);
        expect(clampsIn(mss, true, segments * (mss - 12))).toEqual([]);
      }
    }
  });

  it.each([0, 1024, 4096, 4128, 5840, 8192, 8760, 14_600, 16_384, 17_520, 29_200, 32_120, 32_768, 64_240, 65_535])(
    'for the constant window %i beside MSS 1460',
    (window) => expect(clampsIn(1460, false, window)).toEqual([]),
  );

  it.each([1024, 4096, 4128, 4380, 8192, 16_384, 32_767, 32_768, 46_080, 64_512, 65_535])(
    'for the constant window %i beside any smaller MSS: other stacks, not clamps',
    (window) => {
      for (const mss of [536, 1220, 1300, 1360, 1380, 1400]) expect(clampsIn(mss, false, window)).toEqual([]);
    },
  );

  it('without an MSS option, and for a window that timestamps stripped on the reverse path explain', () => {
    expect(found({ reply: reply({ options: 'none' }) }).filter((text) => text.startsWith('mss'))).toEqual([]);
    expect(clampsIn(1460, false, 45 * 1448)).toEqual([]);
  });
});

describe('speaks up', () => {
  it.each([
    [1300, 1460, false],
    [1300, 1460, true],
    [1380, 1460, true],
    [1300, 1452, false],
    [1460, 8960, true],
    [1460, 8961, false],
    [1360, 1380, true],
    [536, 1410, false],
    [1460, 65_495, true],
  ])('advertised %i by a Linux host whose own MSS is %i (timestamps %s)', (advertised, own, timestamps) => {
    const window = linuxWindow(65_536, own - (timestamps ? 12 : 0));
    expect(clampsIn(advertised, timestamps, window)).toEqual([CLAMPED]);
    const finding = only('mss-clamped', { reply: synAck(advertised, timestamps, window) });
    expect(finding).toMatchObject({ sent: own, received: advertised });
    expect(finding.detail).toContain(`${window}`);
  });

  it('for older kernels behind jumbo frames: 26883 = 3 x 8961', () => {
    expect(only('mss-clamped', { reply: synAck(1460, false, 26_883) })).toMatchObject({ sent: 8961, received: 1460 });
  });

  it('for timestamps stripped together with the clamp', () => {
    expect(only('mss-clamped', { reply: synAck(1300, false, 45 * 1448) })).toMatchObject({ sent: 1460, received: 1300 });
  });

  it('says what was seen, and what it does not prove', () => {
    expect(only('mss-clamped', { reply: synAck(1300, true, 65_160) }).detail).toMatch(
      /advertises MSS 1300, but its window 65160 is 45 x 1448 \(1460 less 12 bytes of timestamps\).*only what the host really sent can prove it/,
    );
  });
});
