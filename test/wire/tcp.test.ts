import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTcp, writeTcpHeader } from '../../src/wire/tcp.ts';
import { anyBytes } from './arbitraries.ts';
import { bytesOf } from './bytes-of.ts';

const SEGMENT = `
  3039 01bb       # port 12345 to 443
  fffffffe        # seq
  80000001        # ack
  6b d2           # 6 words, reserved 101, AE; CWR ECE SYN ACK
  fafa beef       # window, checksum
  0007            # urgent pointer
  0204 05b4       # mss 1460
  6869            # "hi"`;

describe('a TCP segment', () => {
  it('is read field by field', () => {
    expect(decodeTcp(bytesOf(SEGMENT))).toEqual({
      ok: true,
      value: {
        header: {
          sourcePort: 12_345,
          destinationPort: 443,
          seq: 4_294_967_294,
          ack: 2_147_483_649,
          headerLength: 24,
          reserved: 5,
          flags: 0x1d2,
          window: 0xfafa,
          checksum: 0xbeef,
          urgentPointer: 7,
          options: [{ kind: 2, name: 'mss', value: 1460 }],
          optionBytes: bytesOf('020405b4'),
        },
        payload: bytesOf('6869'),
        payloadLength: 2,
      },
    });
  });

  it('says how much payload was announced when the capture was cut', () => {
    expect(decodeTcp(bytesOf(SEGMENT), 1484)).toMatchObject({ value: { payloadLength: 1460, payload: bytesOf('6869') } });
  });

  it('shows options as far as a cut capture has them', () => {
    expect(decodeTcp(bytesOf(SEGMENT).subarray(0, 22), 1484)).toMatchObject({
      value: {
        header: { headerLength: 24, optionBytes: bytesOf('0204'), options: [{ kind: 2, name: 'malformed', data: '04' }] },
      },
    });
  });

  it.each([
    ['19 bytes', '00'.repeat(19), undefined, { message: 'too short', needed: 20, had: 19 }],
    ['4 words of header', `${'00'.repeat(12)}40${'00'.repeat(27)}`, undefined, { offset: 12, needed: 20 }],
    [
      'a header longer than the segment',
      `${'00'.repeat(12)}f0${'00'.repeat(27)}`,
      undefined,
      { offset: 12, needed: 60, had: 40 },
    ],
    ['a header longer than announced', `${'00'.repeat(12)}70${'00'.repeat(27)}`, 24, { offset: 12, needed: 28, had: 24 }],
  ])('is refused with its defect: %s', (_, hex, announced, defect) => {
    expect(decodeTcp(bytesOf(hex), announced)).toMatchObject({ ok: false, defect: { layer: 'tcp', ...defect } });
  });

  it('never throws, whatever is announced', () => {
    fc.assert(
      fc.property(anyBytes(100), fc.option(fc.nat(200), { nil: undefined }), (bytes, announced) => {
        const decoded = decodeTcp(bytes, announced);
        expect(decoded.ok ? decoded.value.payloadLength >= 0 : decoded.defect.layer === 'tcp').toBe(true);
      }),
    );
  });

  it('is not written with options that do not fit', () => {
    const fields = { sourcePort: 1, destinationPort: 2, seq: 0, ack: 0, flags: 2, window: 0, urgentPointer: 0, reserved: 0 };
    expect(() => writeTcpHeader(new Uint8Array(99), 0, { ...fields, options: new Uint8Array(3) })).toThrow(RangeError);
    expect(() => writeTcpHeader(new Uint8Array(99), 0, { ...fields, options: new Uint8Array(44) })).toThrow(RangeError);
  });
});
