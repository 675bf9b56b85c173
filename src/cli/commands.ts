import { SynscopeError } from '../errors.ts';
import { ExitCode } from './exit.ts';
import type { Command, CommandDefinition, CommandName } from './command.ts';
import { FIREWALL_FLAGS, type FirewallRunOptions } from './flags/firewall-flags.ts';
import { HANDSHAKE_FLAGS, type HandshakeFlagOptions } from './flags/handshake-flags.ts';
import { MSS_FLAGS, type MssFlagOptions } from './flags/mss-flags.ts';
import { formatFlags, GENERAL_FLAGS, OPEN_FLAG, outputFlags } from './flags/output-flags.ts';
import { PATH_FLAGS, type PathRunOptions } from './flags/path-flags.ts';
import { PROBE_FLAGS, type ProbeRunOptions } from './flags/probe-flags.ts';
import { RESPOND_FLAGS, type RespondRunOptions } from './flags/respond-flags.ts';

/** The command that is meant when none is named. */
export const DEFAULT_COMMAND: CommandName = 'probe';

/** Every command, in the order of the help. */
export const COMMANDS: Readonly<Record<CommandName, Command>> = {
  probe: command<'probe', ProbeRunOptions>({
    summary: 'SYN each target port: state, reason, RTT, negotiated options, findings',
    operands: 'TARGET...',
    about: 'TARGET is an IPv4 address, a network (10.0.0.0/24), a range in any octet (10.0.0.1-20) or a hostname.',
    runFlags: PROBE_FLAGS,
    outputFlags: { ...outputFlags('probe'), ...OPEN_FLAG },
    examples: [
      ['10.0.0.5', 'the ports a firewall is asked about first'],
      ['10.0.0.0/24 -p 22,443 --open', 'which hosts listen there'],
      ['db.example.com -p 5432 --expect open --expect-mss "<=1400"', 'exit 1 unless it is so'],
      ['10.0.0.5 -p - --json --output scan.jsonl', 'all ports, as JSON Lines'],
    ],
    begin: async (asked, { jobs, onProgress, openOnly }) => {
      const probe = await jobs.probe();
      return probe({ ...asked, ...(onProgress === null ? {} : { onProgress }), ...(openOnly === null ? {} : { openOnly }) });
    },
  }),
  path: command<'path', PathRunOptions>({
    summary: 'every hop on the path, and where a header field or an option was changed',
    operands: 'TARGET...',
    about:
      'SYNs of growing TTL along one flow; what each router quotes of the packet is compared with what was sent. TARGET is as in probe; port 443 unless -p says otherwise.',
    runFlags: PATH_FLAGS,
    outputFlags: outputFlags('path'),
    examples: [
      ['path 10.0.4.2 -p 443', 'which hop clamps my MSS, strips my options, translates my packet'],
      ['path 10.0.4.2 -p 443 --vary', 'and which option makes the SYN disappear'],
    ],
    begin: async (asked, { jobs }) => (await jobs.path())(asked),
  }),
  mss: command<'mss', MssFlagOptions>({
    summary: 'is the MSS clamped, to what, in which direction, and how sure is that',
    operands: 'TARGET...',
    about:
      'Offers several MSS, asks each connection for data, and measures the segments that arrive, even where a network card merged them. In user space, on source ports that the kernel does not answer on. TARGET is as in probe, at most 1024 pairs of target and port.',
    runFlags: MSS_FLAGS,
    outputFlags: outputFlags('mss'),
    examples: [
      ['mss 10.0.0.5 -p 443', 'does the VPN on the path clamp as it should?'],
      ['mss 10.0.0.5 -p 443 --expect "<=1360"', 'exit 1 unless it does, in both directions'],
      ['mss 10.0.0.5 -p 80 --request http:/large.bin', 'where / is too short to fill a segment'],
    ],
    begin: async (asked, { jobs }) => (await jobs.mss())(asked),
  }),
  handshake: command<'handshake', HandshakeFlagOptions>({
    summary: 'complete the three-way handshake, show its timeline, diagnose it, close it',
    operands: 'TARGET...',
    about:
      'In user space, on source ports that the kernel does not answer on: no firewall rule is needed, and no connection is left open. TARGET is as in probe, at most 1024 pairs of target and port.',
    runFlags: HANDSHAKE_FLAGS,
    outputFlags: outputFlags('handshake'),
    examples: [
      ['handshake 10.0.0.5 -p 443 --send tls', 'does an application answer behind the kernel?'],
      ['handshake 10.0.0.5 -p 80 --no-ack', 'how often the SYN-ACK is sent again: SYN cookies?'],
      ['handshake 10.0.0.5 -p 443 --path-mtu --expect "path-mtu>=1400"', 'exit 1 unless it is so'],
    ],
    begin: async (asked, { jobs }) => (await jobs.handshake())(asked),
  }),
  firewall: command<'firewall', FirewallRunOptions>({
    summary: 'how a port is filtered or rejected: drop, reject, stateful, proxy, and what answers',
    operands: 'TARGET...',
    about:
      'Each port gets a battery of tests: SYNs with options, without, with ECN, with data, with a wrong checksum and with limited TTLs; bare ACK, FIN, NULL and Xmas. Three other ports of the target are tested for comparison.',
    runFlags: FIREWALL_FLAGS,
    outputFlags: outputFlags('firewall'),
    examples: [
      ['firewall 10.0.0.5 -p 22,25,443', 'which are rejected, dropped, answered, and by what'],
      ['firewall 10.0.0.5 -p 3389 --expect drop,stateful', 'exit 1 unless it is so'],
    ],
    begin: async (asked, { jobs }) => (await jobs.firewall())(asked),
  }),
  respond: command<'respond', RespondRunOptions>({
    summary: 'run at the other end of the path: tells probe --responder what really arrived',
    operands: '--listen-ports LIST',
    about:
      'Answers SYNs that prove knowledge of the token, completes the handshake by itself, and reports over that connection what arrived and what left, byte for byte. It ignores all other packets. No service may listen on its ports.',
    runFlags: RESPOND_FLAGS,
    outputFlags: outputFlags('respond'),
    examples: [
      ['respond --listen-ports 443,8443 --token-file secret', 'until Ctrl-C'],
      ['respond --listen-ports 5000-5010 --token-file secret --for 600 --json', 'ten minutes, each attempt as a JSON line'],
    ],
    begin: async ({ targets: [operand], listenPorts, ...asked }, { jobs }) => {
      if (operand !== undefined)
        throw new SynscopeError('usage', `"${operand}": respond takes no targets, it answers every sender that has the token`);
      if (listenPorts === undefined)
        throw new SynscopeError('usage', 'no --listen-ports: expected ports to answer on, such as 80,443,8000-8010');
      return (await jobs.respond())({ ...asked, listenPorts });
    },
  }),
  doctor: command<'doctor', object>({
    summary: 'can I run here? capabilities, engines, interfaces, routes, and what to do',
    operands: '[TARGET...]',
    about: 'With TARGETs, addresses or hostnames, it also shows how each would be reached. It sends no probes.',
    runFlags: {},
    outputFlags: formatFlags('doctor'),
    examples: [['doctor 10.0.0.5', 'and by which route and source address']],
    begin: async ({ targets, signal }, { jobs }) => untilStopped((await jobs.doctor())(targets), signal),
    exitCodeOf: ({ usable }) => (usable ? null : ExitCode.notPermitted),
  }),
};

/** Whether `word` names a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

function command<C extends CommandName, O>(definition: CommandDefinition<C, O>): Command {
  const { runFlags, outputFlags: ofOutput } = definition;
  return {
    exitCodeOf: () => null,
    ...(definition as unknown as Omit<Command, 'flags' | 'exitCodeOf'>),
    flags: { ...runFlags, ...ofOutput, ...GENERAL_FLAGS },
  };
}

/** One record, or none when the signal comes first: a resolver may take its time. */
async function* untilStopped<R>(record: Promise<R>, signal: AbortSignal): AsyncGenerator<readonly R[], void, undefined> {
  const stopped = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null));
  });
  const first = await Promise.race([record, stopped]);
  if (first !== null) yield [first];
}
