/** The headings under which the help lists flags. */
export type FlagGroup =
  | 'Targets'
  | 'Responder'
  | 'Tracing'
  | 'Handshake'
  | 'MSS'
  | 'Crafting'
  | 'Timing'
  | 'Expectations'
  | 'Output'
  | 'General';

/** All that parsing, help and documentation know of a flag, whose name is its key: `sourceIp` for `--source-ip`. */
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

/** What a flag's description may leave out. */
type Optional = 'defaultText' | 'short' | 'negatable';

/** A flag that is there or not; its texts are `true` and `false`. */
export function flagSwitch(
  about: Pick<Flag<boolean>, 'group' | 'description'> & Partial<Pick<Flag<boolean>, Optional>>,
): Flag<boolean> {
  return {
    defaultText: null,
    short: null,
    negatable: false,
    ...about,
    argument: null,
    repeatable: true,
    read: (texts) => texts.at(-1) === 'true',
  };
}

/** A flag with one value, which `read` understands or refuses. */
export function flagValue<T>(
  about: Pick<Flag<T>, 'group' | 'description'> & { readonly argument: string } & Partial<Pick<Flag<T>, Optional>>,
  read: (text: string, flag: string) => T,
): Flag<T> {
  return {
    defaultText: null,
    short: null,
    negatable: false,
    ...about,
    repeatable: false,
    read: (texts, flag) => read(texts[0] as string, flag),
  };
}

/** A flag whose comma-separated items add up over repetitions. */
export function flagList(
  about: Pick<Flag<readonly string[]>, 'group' | 'description'> & { readonly argument: string },
  read: (text: string, flag: string) => string,
): Flag<readonly string[]> {
  return {
    defaultText: null,
    short: null,
    negatable: false,
    ...about,
    repeatable: true,
    read: (texts, flag) => texts.flatMap((text) => text.split(',').map((item) => read(item.trim(), flag))),
  };
}
