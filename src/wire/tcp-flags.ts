/** TCP control bits (RFC 9293, 3.1); NS, now AE, is bit 8 (RFC 3540, RFC 9768). */
export const TcpFlag = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
  AE: 0x100,
} as const;

const LETTERS: readonly (readonly [number, string])[] = [
  [TcpFlag.FIN, 'F'],
  [TcpFlag.SYN, 'S'],
  [TcpFlag.RST, 'R'],
  [TcpFlag.PSH, 'P'],
  [TcpFlag.ACK, '.'],
  [TcpFlag.URG, 'U'],
  [TcpFlag.ECE, 'E'],
  [TcpFlag.CWR, 'W'],
  [TcpFlag.AE, 'e'],
];

/** What most answers of a scan carry: its text is made once. */
const PLAIN_RESET = TcpFlag.RST | TcpFlag.ACK;

/** tcpdump's letters in tcpdump's order (`S.`, `R.`, `SEW`), `none` when no bit is set (print-tcp.c). */
export function formatTcpFlags(flags: number): string {
  if (flags === PLAIN_RESET) return 'R.';
  let text = '';
  for (const [bit, letter] of LETTERS) if ((flags & bit) !== 0) text += letter;
  return text === '' ? 'none' : text;
}
