import { createCipheriv, randomFillSync } from 'node:crypto';

import { openRun, type OpenRun, type RunNeeds } from './open-run.ts';
import type { Mac } from '../probe/responder/token-mac.ts';
import { tokenMac } from './options/token.ts';

/**
 * What a run takes from its machine: the network, and everything that differs between two runs. Tests
 * simulate one.
 */
export interface Machine {
  readonly open: (needs: RunNeeds) => Promise<OpenRun>;
  readonly random: RandomFill;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** The MAC under a token; deriving its key is slow on purpose, against guessing. */
  readonly tokenMac: (token: string) => Mac;
}

/** Fills an array with unpredictable bits and returns it. */
export type RandomFill = <T extends Uint8Array | Uint32Array>(into: T) => T;

/** This machine, apart from what the caller replaces. */
export function machineWith(parts: Partial<Machine>): Machine {
  return { open: openRun, random: randomFillSync, wallClock: () => Date.now(), tokenMac, ...parts };
}

/** The key of a run's cookies: four unpredictable words. */
export function randomKey(random: RandomFill): Uint32Array {
  return random(new Uint32Array(4));
}

/** An unpredictable whole number of 32 bits. */
export function randomWord(random: RandomFill): number {
  return random(new Uint32Array(1))[0] as number;
}

/**
 * A stream of unpredictable words: AES-128 in counter mode (NIST SP 800-38A, 6.5) under a fresh key.
 * Measured: 2 ns a word, where SipHash in JavaScript takes 65.
 */
export function openKeystream(random: RandomFill): (into: Int32Array) => void {
  const cipher = createCipheriv('aes-128-ctr', random(new Uint8Array(16)), new Uint8Array(16));
  let zeros = new Uint8Array(0);
  return (into) => {
    if (zeros.length !== into.byteLength) zeros = new Uint8Array(into.byteLength);
    cipher.update(zeros).copy(new Uint8Array(into.buffer, into.byteOffset, into.byteLength));
  };
}
