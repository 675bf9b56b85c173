import type { EngineProblem } from '../engine.ts';
import { firstLine, hasSystemCalls, systemCalls } from '../linux/system-calls.ts';

const BUILD =
  "apt-get install build-essential python3 libpcap-dev (or your system's names for them), then npm rebuild raw-socket cap";
/** Libpcap's names: where its -dev package is installed, on Debian, elsewhere. */
const LIBRARY_NAMES: readonly string[] = ['libpcap.so', 'libpcap.so.0.8', 'libpcap.so.1'];

/** Why the native part of an optional dependency cannot be loaded. */
export function missingBinding(name: 'raw-socket' | 'cap', error: unknown): EngineProblem {
  const first = firstLine(error);
  if (/libpcap\.so/.test(first)) {
    return { code: 'not-installed', message: `the package ${name} needs libpcap: ${first}`, hint: 'apt-get install libpcap0.8' };
  }
  if (!first.includes(`'${name}'`)) {
    return { code: 'not-installed', message: `the package ${name} is installed but not usable: ${first}`, hint: BUILD };
  }
  const hint = `it is compiled when it is installed: ${BUILD.replace('npm rebuild', 'npm install')}`;
  return { code: 'not-installed', message: `the package ${name} is not installed`, hint };
}

/**
 * Lets cap switch libpcap to immediate mode; call it before cap is first loaded. Cap looks the function up in
 * dlopen("libpcap.so"), a name that only -dev packages have; without it the NULL handle is RTLD_DEFAULT to
 * dlsym. glibc then finds it in the caller's own libraries; musl searches global ones only, so libpcap is
 * made one here. False when none of it helps: packets then come up to a second late.
 */
export function offerImmediateMode(): boolean {
  const calls = systemCalls();
  const loaded = hasSystemCalls(calls) && LIBRARY_NAMES.some((name) => calls.loadGlobally(name));
  return loaded || runsOnGlibc();
}

function runsOnGlibc(): boolean {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
