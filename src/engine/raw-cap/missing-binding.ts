import type { EngineProblem } from '../engine.ts';

const BUILD =
  "apt-get install build-essential python3 libpcap-dev (or your system's names for them), then npm rebuild raw-socket cap";

/** Why the native part of an optional dependency cannot be loaded. */
export function missingBinding(name: 'raw-socket' | 'cap', error: unknown): EngineProblem {
  const text = error instanceof Error ? error.message : String(error);
  const first = text.split('\n', 1)[0] as string;
  if (/libpcap\.so/.test(first)) {
    return { code: 'not-installed', message: `the package ${name} needs libpcap: ${first}`, hint: 'apt-get install libpcap0.8' };
  }
  const packageMissing = first.includes(`'${name}'`);
  return {
    code: 'not-installed',
    message: packageMissing
      ? `the package ${name} is not installed`
      : `the package ${name} is installed but not usable: ${first}`,
    hint: packageMissing ? `it is compiled when it is installed: ${BUILD.replace('npm rebuild', 'npm install')}` : BUILD,
  };
}
