// Runs a command in a sandbox that refuses some system calls, as a seccomp profile does: node deny.mjs
// RULES COMMAND ARGS... RULES is JSON: [{"call":"socket","arguments":[17],"errno":1}], each argument a
// number or null for any.
import koffi from 'koffi';

const ARCHITECTURES = {
  x64: { audit: 0xc000003e, socket: 41, sendto: 44, bind: 49, setsockopt: 54, mmap: 9 },
  arm64: { audit: 0xc00000b7, socket: 198, sendto: 206, bind: 200, setsockopt: 208, mmap: 222 },
};
/**
 * Offsets in struct seccomp_data (linux/seccomp.h) on little-endian machines: low halves of the arguments.
 */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const ARGUMENTS_AT = 16;
const [LOAD, JUMP_IF_EQUAL, RETURN] = [0x20, 0x15, 0x06];
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_ERRNO = 0x00050000;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const F_SETFD = 2;

const [, , rulesText, ...argv] = process.argv;
const numbers = ARCHITECTURES[process.arch];
if (numbers === undefined) throw new Error(`no system call numbers for ${process.arch}`);

/** A rule that does not match falls through to the next one. */
function instructionsOf(rule) {
  const given = rule.arguments.map((value, index) => [ARGUMENTS_AT + 8 * index, value]).filter(([, value]) => value !== null);
  const tests = [[NUMBER_AT, numbers[rule.call]], ...given];
  const after = (index) => 2 * (tests.length - index) - 1;
  const compares = tests.flatMap(([at, value], index) => [
    [LOAD, 0, 0, at],
    [JUMP_IF_EQUAL, 0, after(index), value],
  ]);
  return [...compares, [RETURN, 0, 0, SECCOMP_RET_ERRNO | rule.errno]];
}

const program = [
  [LOAD, 0, 0, ARCHITECTURE_AT],
  [JUMP_IF_EQUAL, 1, 0, numbers.audit],
  [RETURN, 0, 0, SECCOMP_RET_ALLOW],
  ...JSON.parse(rulesText).flatMap(instructionsOf),
  [RETURN, 0, 0, SECCOMP_RET_ALLOW],
];
const filter = Buffer.alloc(program.length * 8);
program.forEach(([code, ifTrue, ifFalse, constant], index) => {
  filter.writeUInt16LE(code, index * 8);
  filter.writeUInt8(ifTrue, index * 8 + 2);
  filter.writeUInt8(ifFalse, index * 8 + 3);
  filter.writeUInt32LE(constant >>> 0, index * 8 + 4);
});
const fprog = Buffer.alloc(16);
fprog.writeUInt16LE(program.length, 0);
fprog.writeBigUInt64LE(koffi.address(filter), 8);

const libc = koffi.load(null);
const prctl = libc.func('int prctl(int, ulong, const void *, ulong, ulong)');
const setFlag = libc.func('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
const execvp = libc.func('int execvp(const char *, const char **)');
if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0) < 0) {
  // Without CAP_SYS_ADMIN a filter needs no_new_privs.
  setFlag(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0) < 0) throw new Error(`seccomp: errno ${koffi.errno()}`);
}
// Node marks its standard streams close-on-exec.
const fcntl = libc.func('int fcntl(int, int, int)');
for (const descriptor of [0, 1, 2]) fcntl(descriptor, F_SETFD, 0);
execvp(argv[0], [...argv, null]);
throw new Error(`execvp ${argv[0]}: errno ${koffi.errno()}`);
