import { concatBytes, writeU16 } from '../wire/bytes.ts';

const TLS_HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const TLS_1_0 = [3, 1] as const;
const TLS_1_2 = [3, 3] as const;
/** AEAD suites of TLS 1.3, and of 1.2 with ECDHE (RFC 8446, B.4; RFC 5289; RFC 7905). */
const CIPHERS = [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];
/** RSA and ECDSA with SHA-256 to SHA-512 (RFC 8446, 4.2.3). */
const SIGNATURES = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
/** X25519, secp256r1, secp384r1 (RFC 8446, 4.2.7). */
const X25519 = 0x001d;
const GROUPS = [X25519, 0x0017, 0x0018];
const RANDOM_BYTES = 32;

/** `GET` of a path as HTTP/1.1 asks for it; the connection stays open, so that the client closes it. */
export function httpRequest(host: string, path: string = '/'): Uint8Array {
  return ascii(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: synscope\r\nAccept: */*\r\n\r\n`);
}

/**
 * A ClientHello that servers of TLS 1.2 answer with ServerHello and certificate. Those of 1.3 answer a `key`
 * (32 random bytes are one: any is a point of X25519, RFC 7748, 5) with all of that, and its absence with a
 * HelloRetryRequest of a hundred bytes. `random` has 32 bytes; `serverName` is a host name, or null for an
 * address (RFC 6066, 3).
 */
export function tlsClientHello(serverName: string | null, random: Uint8Array, key: Uint8Array | null = null): Uint8Array {
  const shares = key === null ? new Uint8Array(0) : concatBytes([words([X25519]), sized(2, key)]);
  const extensions = concatBytes([
    ...(serverName === null ? [] : [extension(0, sized(2, concatBytes([Uint8Array.of(0), sized(2, ascii(serverName))])))]),
    extension(10, sized(2, words(GROUPS))),
    extension(11, Uint8Array.of(1, 0)),
    extension(13, sized(2, words(SIGNATURES))),
    extension(43, sized(1, words([0x0304, 0x0303]))),
    extension(51, sized(2, shares)),
  ]);
  const body = concatBytes([
    Uint8Array.of(...TLS_1_2),
    random.subarray(0, RANDOM_BYTES),
    Uint8Array.of(0),
    sized(2, words(CIPHERS)),
    Uint8Array.of(1, 0),
    sized(2, extensions),
  ]);
  const hello = concatBytes([Uint8Array.of(CLIENT_HELLO, 0), sized(2, body)]);
  return concatBytes([Uint8Array.of(TLS_HANDSHAKE, ...TLS_1_0), sized(2, hello)]);
}

function extension(type: number, data: Uint8Array): Uint8Array {
  return concatBytes([words([type]), sized(2, data)]);
}

/** The bytes with their length before them, in one byte or two. */
function sized(lengthBytes: 1 | 2, bytes: Uint8Array): Uint8Array {
  const length = lengthBytes === 1 ? Uint8Array.of(bytes.length) : words([bytes.length]);
  return concatBytes([length, bytes]);
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  for (const [index, value] of values.entries()) writeU16(bytes, index * 2, value);
  return bytes;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
