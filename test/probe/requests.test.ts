import { describe, expect, it } from 'vitest';

import { httpRequest, tlsClientHello } from '../../src/probe/requests.ts';
import { readU16 } from '../../src/wire/bytes.ts';

describe('requests', () => {
  it('asks a web server for its front page', () => {
    const text = new TextDecoder().decode(httpRequest('example.com'));
    expect(text.split('\r\n').slice(0, 2)).toEqual(['GET / HTTP/1.1', 'Host: example.com']);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
  });

  it.each([null, 'example.com'])('greets a TLS server, for %s, with lengths that agree (RFC 8446, 4.1.2)', (name) => {
    const hello = tlsClientHello(name, new Uint8Array(32).fill(7));
    expect([...hello.subarray(0, 3)]).toEqual([22, 3, 1]);
    expect(readU16(hello, 3)).toBe(hello.length - 5);
    expect(hello[5]).toBe(1);
    expect(readU16(hello, 7)).toBe(hello.length - 9);
    const ciphers = readU16(hello, 5 + 4 + 2 + 32 + 1);
    const extensionsAt = 5 + 4 + 2 + 32 + 1 + 2 + ciphers + 2;
    expect(readU16(hello, extensionsAt)).toBe(hello.length - extensionsAt - 2);
    expect(new TextDecoder('latin1').decode(hello).includes('example.com')).toBe(name !== null);
  });
});
