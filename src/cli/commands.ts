import type { Environment } from './environment.ts';
import { DOCTOR_FLAGS, type DoctorFlagOptions } from './flags/doctor-flags.ts';
import { FIREWALL_FLAGS, type FirewallRunOptions } from './flags/firewall-flags.ts';
import type { AnyFlagTable, FlagTable } from './flags/flag.ts';
import { GENERAL_FLAGS, type GeneralOptions } from './flags/general-flags.ts';
import { PATH_FLAGS, type PathRunOptions } from './flags/path-flags.ts';
import { HANDSHAKE_FLAGS, type HandshakeFlagOptions } from './flags/handshake-flags.ts';
import { MSS_FLAGS, type MssFlagOptions } from './flags/mss-flags.ts';
import { OUTPUT_FLAGS, type OutputOptions, PROBE_OUTPUT_FLAGS, type ProbeOutputOptions } from './flags/output-flags.ts';
import type { ParsedWords } from './parse/parse-words.ts';
import { RUN_FLAGS, type RunOptions } from './flags/probe-flags.ts';
import { RESPOND_FLAGS, type RespondRunOptions } from './flags/respond-flags.ts';

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

/** The options of `firewall`. */
export type FirewallCommandOptions = FirewallRunOptions & OutputOptions & GeneralOptions;

/** The options of `respond`. */
export type RespondCommandOptions = RespondRunOptions & OutputOptions & GeneralOptions;

/** What `synscope` can be asked to do. */
export type CommandName = 'probe' | 'path' | 'mss' | 'handshake' | 'firewall' | 'respond' | 'doctor';

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
  firewall: command<FirewallCommandOptions>({
    summary: 'how a port is guarded: drop, reject, stateful, proxy, and who answers from where',
    operands: 'TARGET...',
    about:
      'Each port gets a battery of tests: SYNs with options, without, with ECN, with data, with a wrong checksum and with limited TTLs; bare ACK, FIN, NULL and Xmas. Three other ports of the target are asked to compare with.',
    flags: { ...FIREWALL_FLAGS, ...OUTPUT_FLAGS, ...GENERAL_FLAGS },
    examples: [
      ['firewall 10.0.0.5 -p 22,25,443', 'who rejects, who drops, who answers'],
      ['firewall 10.0.0.5 -p 3389 --expect drop,stateful', 'exit 1 unless it is so'],
    ],
    load: async () => (await import('./commands/firewall.ts')).runFirewall,
  }),
  respond: command<RespondCommandOptions>({
    summary: 'run at the other end of the path: tells probe --responder what really arrived',
    operands: '--listen-ports LIST',
    about:
      'Answers SYNs that prove to know the token, completes the handshake by itself, and says over that connection what arrived and what left, byte for byte. It is silent to everybody else. No service may listen on its ports.',
    flags: { ...RESPOND_FLAGS, ...OUTPUT_FLAGS, ...GENERAL_FLAGS },
    examples: [
      ['respond --listen-ports 443,8443 --token-file secret', 'until Ctrl-C'],
      ['respond --listen-ports 5000-5010 --token-file secret --for 600 --json', 'ten minutes, each attempt as a JSON line'],
    ],
    load: async () => (await import('./commands/respond.ts')).runRespond,
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
