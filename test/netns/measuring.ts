import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { MssRecord } from '../../src/records/mss/records.ts';
import type { RunRecord, SummaryRecord } from '../../src/records/records.ts';
import { until, untilSays, type Finished, type Running } from './child.ts';
import { jsonLines } from './json-lines.ts';
import { device, type Lab } from './lab.ts';
import { BIN, onEngine } from './synscope.ts';

/** What a run of `mss` with `--json` about one port printed. */
export interface Measured extends Finished {
  readonly run: RunRecord;
  readonly mss: MssRecord;
  readonly summary: SummaryRecord;
  /** `clampedTo certainty`. */
  readonly forward: string;
  readonly reverse: string;
}

const PAGES = fileURLToPath(new URL('programs/pages.mjs', import.meta.url));

/** The command line of `synscope mss ARGS --json`. */
export function mssCommand(args: readonly string[]): readonly string[] {
  return [process.execPath, BIN, 'mss', ...onEngine(args), '--json'];
}

/** Runs it in `client` to its end. */
export async function measure(lab: Lab, args: readonly string[]): Promise<Measured> {
  return measuredOf(await lab.run('client', mssCommand(args)));
}

/** Reads the JSON Lines of a finished run. */
export function measuredOf(finished: Finished): Measured {
  const records = jsonLines(finished.stdout);
  const of = (type: string): unknown => {
    const record = records.find((one) => one.type === type);
    if (record === undefined) throw new Error(`no ${type}: exit ${finished.code}\n${finished.stderr}\n${finished.stdout}`);
    return record;
  };
  const mss = of('mss') as MssRecord;
  const words = ({ clampedTo, certainty }: MssRecord['forward']): string => `${clampedTo ?? '-'} ${certainty}`;
  return {
    ...finished,
    run: of('run') as RunRecord,
    mss,
    summary: of('summary') as SummaryRecord,
    forward: words(mss.forward),
    reverse: words(mss.reverse),
  };
}

/** Starts a web server on port 80 of `target`. */
export async function servePages(lab: Lab): Promise<Running> {
  const server = lab.start('target', [process.execPath, PAGES, JSON.stringify({ ports: [80] })]);
  await untilSays(server, 'ready');
  return server;
}

/** Starts OpenSSL's TLS server on port 443 of `target`, with a certificate of a few kilobytes. */
export async function serveTls(lab: Lab): Promise<Running> {
  const [key, certificate] = [join(lab.directory, 'key.pem'), join(lab.directory, 'certificate.pem')];
  const names = Array.from({ length: 90 }, (_, index) => `DNS:host-number-${100 + index}.lab.example`).join(',');
  const asked = ['-subj', '/CN=lab', '-days', '2', '-addext', `subjectAltName=${names}`];
  const files = ['-keyout', key, '-out', certificate];
  await lab.runOk('target', ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...asked]);
  const server = lab.start('target', ['openssl', 's_server', '-accept', '443', '-key', key, '-cert', certificate, '-quiet']);
  await until('a TLS server', async () => (await lab.runOk('target', ['ss', '-Hltn', 'sport', '=', '443'])) !== '');
  return server;
}

/** A router's MSS rewriting: an nft statement's value for each direction, null for none. */
export async function clamp(
  lab: Lab,
  router: string,
  {
    forward,
    reverse,
    more = [],
  }: { readonly forward: string | null; readonly reverse: string | null; readonly more?: readonly string[] },
): Promise<void> {
  const rule = (value: string | null, from: string): string[] =>
    value === null ? [] : [`iifname "${from}" tcp flags syn tcp option maxseg size set ${value}`];
  const rules = [...rule(forward, device('client')), ...rule(reverse, device('target'))];
  await lab.nft(
    router,
    `flush ruleset\ntable ip mss {\n chain f {\n  type filter hook forward priority 0;\n  ${rules.join('\n  ')}\n }\n` +
      ` chain o {\n  type filter hook output priority 0;\n  ${more.join('\n  ')}\n }\n}\n`,
  );
}

/** Resets that the kernel of a host has sent. */
export async function kernelResets(lab: Lab, host: string): Promise<number> {
  const lines = (await lab.runOk(host, ['cat', '/proc/net/snmp'])).split('\n').filter((line) => line.startsWith('Tcp:'));
  const [names = [], values = []] = lines.map((line) => line.split(' '));
  return Number(values[names.indexOf('OutRsts')]);
}
