import type { Environment } from './environment.ts';
import { DOCTOR_FLAGS, type DoctorFlagOptions } from './flags/doctor-flags.ts';
import type { AnyFlagTable, FlagTable } from './flags/flag.ts';
import { GENERAL_FLAGS, type GeneralOptions } from './flags/general-flags.ts';
import { PATH_FLAGS, type PathRunOptions } from './flags/path-flags.ts';
import { HANDSHAKE_FLAGS, type HandshakeFlagOptions } from './flags/handshake-flags.ts';
import { MSS_FLAGS, type MssFlagOptions } from './flags/mss-flags.ts';
import { OUTPUT_FLAGS, type OutputOptions, PROBE_OUTPUT_FLAGS, type ProbeOutputOptions } from './flags/output-flags.ts';
import type { ParsedWords } from './parse/parse-words.ts';
import { RUN_FLAGS, type RunOptions } from './flags/probe-flags.ts';

/** Does the command's job and returns the exit code. Throws a SynscopeError for what the user can mend. */
export type CommandRun<O> = (parsed: ParsedWords<O>, environment: Environment) => Promise<number>;

/** All that is known of a command; help and documentation read it. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Its operands, as the usage line shows them. */
  readonly operands: string;
  /** What there is to know beyond flags. */
  readonly about: string;
  readonly flags: AnyFlagTable;
  /** Words behind `synscope`, and what they do. */
  readonly examples: readonly (readonly [words: string, does: string])[];
  /** Reads the words behind the command's name and runs it. */
  readonly run: (words: readonly string[], environment: Environment) => Promise<number>;
}

/** The options of `probe`. */
export type ProbeCommandOptions = RunOptions & ProbeOutputOptions & GeneralOptions;

/** The options of `path`. */
export type PathCommandOptions = PathRunOptions & OutputOptions & GeneralOptions;

/** The options of `mss`. */
export type MssCommandOptions = MssFlagOptions & OutputOptions & GeneralOptions;

/** The options of `handshake`. */
export type HandshakeCommandOptions = HandshakeFlagOptions & OutputOptions & GeneralOptions;

/** What `synscope` can be asked to do. */
export type CommandName = 'probe' | 'path' | 'mss' | 'handshake' | 'doctor';

/** The command that is meant when none is named. */
export const DEFAULT_COMMAND: CommandName = 'probe';

/** Every command, in the order of the help. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  probe: command<ProbeCommandOptions>({
    summary: 'SYN each target port: state, reason, RTT, negotiated options, findings',
    operands: 'TARGET...',
    about: 'TARGET is an IPv4 address, a network (10.0.0.0/24), a range in any octet (10.0.0.1-20) or a hostname.',
    flags: { ...RUN_FLAGS, ...PROBE_OUTPUT_FLAGS, ...GENERAL_FLAGS },
    examples: [
      ['10.0.0.5', 'the ports a firewall is asked about first'],
      ['10.0.0.0/24 -p 22,443 --open', 'who listens there'],
      ['db.example.com -p 5432 --expect open --expect-mss "<=1400"', 'exit 1 unless it is so'],
      ['10.0.0.5 -p - --json --output scan.jsonl', 'all ports, as JSON Lines'],
    ],
    load: async () => (await import('./commands/probe.ts')).runProbe,
  }),
  path: command<PathCommandOptions>({
    summary: 'every hop on the way, and where a header field or an option was changed',
    operands: 'TARGET...',
    about:
      'SYNs of growing TTL along one flow; what each router quotes of the packet is compared with what was sent. TARGET as for probe; 443 is probed unless -p says otherwise.',
    flags: { ...PATH_FLAGS, ...OUTPUT_FLAGS, ...GENERAL_FLAGS },
    examples: [
      ['path 10.0.4.2 -p 443', 'which hop clamps my MSS, strips my options, translates my packet'],
      ['path 10.0.4.2 -p 443 --vary', 'and which option makes the SYN disappear'],
    ],
    load: async () => (await import('./commands/path.ts')).runPath,
  }),
  mss: command<MssCommandOptions>({
    summary: 'is the MSS clamped, to what, in which direction, and how sure is that',
    operands: 'TARGET...',
    about:
      'Offers several MSS, asks each connection for data, and measures the segments that come, whatever network cards put together on the way. In user space, on source ports that the kernel keeps silent on. TARGET is as in probe, for at most 1024 pairs of target and port.',
    flags: { ...MSS_FLAGS, ...OUTPUT_FLAGS, ...GENERAL_FLAGS },
    examples: [
      ['mss 10.0.0.5 -p 443', 'does the VPN on the way clamp as it should?'],
      ['mss 10.0.0.5 -p 443 --expect "<=1360"', 'exit 1 unless it does, in both directions'],
      ['mss 10.0.0.5 -p 80 --request http:/large.bin', 'where / is too short to fill a segment'],
    ],
    load: async () => (await import('./commands/mss.ts')).runMss,
  }),
  handshake: command<HandshakeCommandOptions>({
    summary: 'complete the three-way handshake, show its timeline, diagnose it, close it',
    operands: 'TARGET...',
    about:
      'In user space, on source ports that the kernel keeps silent on: no firewall rule is needed, and no connection is left open. TARGET is as in probe, for at most 1024 pairs of target and port.',
    flags: { ...HANDSHAKE_FLAGS, ...OUTPUT_FLAGS, ...GENERAL_FLAGS },
    examples: [
      ['handshake 10.0.0.5 -p 443 --send tls', 'does anybody answer behind the kernel?'],
      ['handshake 10.0.0.5 -p 80 --no-ack', 'how often the SYN-ACK is sent again: SYN cookies?'],
      ['handshake 10.0.0.5 -p 443 --path-mtu --expect "path-mtu>=1400"', 'exit 1 unless it is so'],
    ],
    load: async () => (await import('./commands/handshake.ts')).runHandshake,
  }),
  doctor: command<DoctorFlagOptions>({
    summary: 'can I run here? capabilities, engines, interfaces, routes, and what to do',
    operands: '[TARGET...]',
    about: 'With TARGETs, addresses or hostnames, it also shows how each would be reached. It sends no probes.',
    flags: DOCTOR_FLAGS,
    examples: [['doctor 10.0.0.5', 'and by which route and source address']],
    load: async () => (await import('./commands/doctor.ts')).runDoctor,
  }),
};

/** Whether `word` names a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

function command<O>({
  load,
  ...about
}: Omit<Command, 'run' | 'flags'> & { readonly flags: FlagTable<O>; readonly load: () => Promise<CommandRun<O>> }): Command {
  return {
    ...about,
    run: async (words, environment) => {
      const { parseWords } = await import('./parse/parse-words.ts');
      const parsed = parseWords(words, about.flags);
      return (await load())(parsed, environment);
    },
  };
}
