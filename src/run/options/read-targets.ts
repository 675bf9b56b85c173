import { SynscopeError, usageError } from '../../errors.ts';
import {
  createTargetSet,
  type NamedAddress,
  parseExclude,
  parseExcludesFile,
  parseTarget,
  parseTargetsFile,
  targetNames,
  targetRanges,
  type TargetSet,
} from '../../probe/targets/targets.ts';
import { parseAddress } from '../../wire/address.ts';
import type { TargetOptions } from './run-options.ts';

/** Reads files, resolves names and applies exclusions. Throws a usage error that quotes what it cannot use. */
export async function readTargets(options: TargetOptions): Promise<TargetSet> {
  const listed =
    options.targetsFile === undefined ? [] : parseTargetsFile(await readInput('--targets-file', options.targetsFile));
  const pieces = [...options.targets.map((text) => parseTarget(text)), ...listed];
  const excluded =
    options.excludeFile === undefined ? [] : parseExcludesFile(await readInput('--exclude-file', options.excludeFile));
  const excludes = [...(options.exclude ?? []).flatMap((text) => parseExclude(text)), ...excluded];
  if (pieces.length === 0) throw new SynscopeError('usage', noTargetText(options));
  const names = await Promise.all(targetNames(pieces).map((name) => resolveName(name, options.allAddresses === true)));
  const targets = createTargetSet({ ranges: targetRanges(pieces), names: names.flat() }, excludes);
  if (targets.size === 0)
    throw usageError('--exclude', (options.exclude ?? [options.excludeFile]).join(','), 'nothing is left to probe');
  return targets;
}

function noTargetText(options: TargetOptions): string {
  const accepted = 'an IPv4 address, CIDR, range or hostname';
  return options.targetsFile === undefined
    ? `no target: expected ${accepted}, or --targets-file FILE`
    : `--targets-file "${options.targetsFile}": holds no target; expected one a line: ${accepted}`;
}

async function readInput(flag: string, path: string): Promise<string> {
  try {
    if (path === '-') return await (await import('node:stream/consumers')).text(process.stdin);
    return await (await import('node:fs/promises')).readFile(path, 'utf8');
  } catch (error) {
    throw usageError(flag, path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

async function resolveName(name: string, all: boolean): Promise<readonly NamedAddress[]> {
  try {
    const { lookup } = await import('node:dns/promises');
    const found = await lookup(name, { family: 4, all: true });
    const addresses = found.map(({ address }) => parseAddress(address)).filter((address) => address !== null);
    return (all ? addresses : addresses.slice(0, 1)).map((address) => ({ name, address }));
  } catch (error) {
    throw usageError(
      'target',
      name,
      `no IPv4 address found for this name (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
}
