import { createHmac, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { SynscopeError, usageError } from '../../errors.ts';
import type { Mac } from '../../probe/responder/token-mac.ts';
import type { RunControl } from './run-options.ts';

/** The secret that both ends share. */
export interface TokenOptions {
  /** The secret itself. On a command line, other users of this host can see it in the list of processes. */
  readonly token?: string;
  /** A file that holds it; whitespace around it is ignored. */
  readonly tokenFile?: string;
}

/** How a command asks a responder. */
export interface ResponderOptions extends TokenOptions {
  /**
   * `synscope respond` listens at the targets' end with the same token: ask it what arrived and what left.
   */
  readonly responder?: boolean;
  /**
   * `HOST:PORT`: the responder's port to ask about silent ports. Default: any that answered. Implies
   * `responder`.
   */
  readonly control?: string;
  /**
   * `option`, `data` or both: where else the SYN carries the proof, besides sequence number and timestamp.
   */
  readonly proof?: string;
}

/** Both ends must use the same. */
const SALT = 'synscope respond 1';
const KEY_BYTES = 32;
const COST = { N: 16_384, r: 8, p: 1 };
/** Shorter tokens can be found by trying all, even so. */
const SHORT = 12;

/** Whether the options ask for a responder. */
export function asksResponder({ responder, control }: Pick<ResponderOptions, 'responder' | 'control'>): boolean {
  return responder === true || control !== undefined;
}

/** The MAC that proves the token. Warns of a short token. Throws a usage error when there is none, or two. */
export function openToken(options: TokenOptions & Pick<RunControl, 'onWarning'>, macOf: (token: string) => Mac): Mac {
  const token = readToken(options);
  const warning = `a token of ${token.length} characters can be guessed from one captured SYN; take ${SHORT} or more at random`;
  if (token.length < SHORT) options.onWarning?.(warning);
  return macOf(token);
}

/** HMAC-SHA-256 under a key derived from the token (RFC 7914): 50 ms and 16 MiB for each guess. */
export function tokenMac(token: string): Mac {
  const key = scryptSync(token, SALT, KEY_BYTES, COST);
  return (message) => new Uint8Array(createHmac('sha256', key).update(message).digest());
}

function readToken({ token, tokenFile }: TokenOptions): string {
  if (token !== undefined && tokenFile !== undefined)
    throw usageError('--token-file', tokenFile, 'expected it without --token beside it');
  if (tokenFile !== undefined) return trimmed('--token-file', tokenFile, readTokenFile(tokenFile));
  if (token !== undefined) return trimmed('--token', token, token);
  throw new SynscopeError('usage', 'no token: the responder answers only those who share one with it', {
    hint: 'give both ends --token-file FILE, or the environment variable SYNSCOPE_TOKEN, or --token T, which shows in the list of processes',
  });
}

function readTokenFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError('--token-file', path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

function trimmed(flag: string, given: string, secret: string): string {
  if (secret.trim() !== '') return secret.trim();
  throw usageError(flag, given, 'is empty');
}
