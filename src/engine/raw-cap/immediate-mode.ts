import { hasSystemCalls, systemCalls } from '../linux/system-calls.ts';

/** Libpcap's names: where its -dev package is installed, Debian's, everybody else's. */
const LIBRARY_NAMES: readonly string[] = ['libpcap.so', 'libpcap.so.0.8', 'libpcap.so.1'];

/**
 * Sees to it that cap can switch libpcap to immediate mode; call it before cap is loaded for the first time. Cap looks the function up in
 * dlopen("libpcap.so"), a name that only -dev packages have. Without it the handle is NULL, which dlsym takes for RTLD_DEFAULT: glibc then
 * searches the caller's own libraries too and finds it; musl searches global ones only, so libpcap is made one here.
 * False when none of it helps: packets then come up to a second late.
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
