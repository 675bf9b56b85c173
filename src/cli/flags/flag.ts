import type { ValueReader } from '../parse/values.ts';

/** The groups of flags with their headings, in the order of the help. */
export const FLAG_GROUPS = {
  Targets: 'Targets',
  Tracing: 'Tracing',
  Handshake: 'The handshake and what follows',
  MSS: 'What is offered and asked for',
  Responder: 'Responder at the other end',
  Crafting: 'Crafting the SYN',
  Timing: 'Timing and load',
  Expectations: 'Expectations (each miss is a line on stderr, and the exit code 1)',
  Output: 'Output',
  General: 'General',
} as const;

type FlagGroup = keyof typeof FLAG_GROUPS;

/** A flag, whose name is its key in a table: `sourceIp` for `--source-ip`. */
export interface Flag<T> {
  readonly group: FlagGroup;
  /** What it does, as the help says it; no full stop. */
  readonly description: string;
  /** What holds without it, in words; null when there is nothing to say. */
  readonly defaultText: string | null;
  /** Name of its value (`MS`, `FILE`), or null for a switch. */
  readonly argument: string | null;
  /** One letter, without its dash. */
  readonly short: string | null;
  /** A switch that `--no-NAME` turns off. */
  readonly negatable: boolean;
  /** May be given more than once. */
  readonly repeatable: boolean;
  /** The value of the texts given: one, or more when repeatable. Throws a usage error that names `flag`. */
  readonly read: (texts: readonly string[], flag: string) => T;
}

/** The flags of a command whose options are `O`: an option without its flag does not compile. */
export type FlagTable<O> = { readonly [K in keyof O]-?: Flag<NonNullable<O[K]>> };

/** A table whose option names do not matter to the reader. */
export type AnyFlagTable = Readonly<Record<string, Flag<unknown>>>;

/** `sourceIp` as it is written on the command line: `source-ip`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Makes the flags of one group. */
interface FlagMakers {
  /** A flag with one value, which `read` understands or refuses. */
  readonly value: <T>(argument: string, read: ValueReader<T>, description: string, defaultText?: string | null) => Flag<T>;
  /** A flag whose comma-separated items add up over repetitions. */
  readonly list: (argument: string, read: ValueReader<string>, description: string) => Flag<readonly string[]>;
  /** A flag that is there or not. */
  readonly switch: (description: string, defaultText?: string | null) => Flag<boolean>;
  /** A switch that `--no-NAME` turns off. */
  readonly negatable: (description: string, defaultText: string) => Flag<boolean>;
}

function isOn(texts: readonly string[]): boolean {
  return texts.at(-1) === 'true';
}

/** What makes the flags of `group`. */
export function inGroup(group: FlagGroup): FlagMakers {
  const plain = { group, defaultText: null, argument: null, short: null, negatable: false, repeatable: true };
  return {
    value: (argument, read, description, defaultText = null) => ({
      ...plain,
      argument,
      description,
      defaultText,
      repeatable: false,
      read: ([text], flag) => read(text as string, flag),
    }),
    list: (argument, read, description) => ({
      ...plain,
      argument,
      description,
      read: (texts, flag) => texts.flatMap((text) => text.split(',').map((item) => read(item.trim(), flag))),
    }),
    switch: (description, defaultText = null) => ({ ...plain, description, defaultText, read: isOn }),
    negatable: (description, defaultText) => ({ ...plain, description, defaultText, negatable: true, read: isOn }),
  };
}
