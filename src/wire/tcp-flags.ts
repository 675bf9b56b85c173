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

/** tcpdump's letters, bit 0 first (print-tcp.c). */
const LETTERS = 'FSRP.UEWe';

/** What most answers of a scan carry: its text is made once. */
const PLAIN_RESET = TcpFlag.RST | TcpFlag.ACK;

/** Flags as tcpdump writes them (`S.`, `R.`, `SEW`), `none` when no bit is set. */
export function formatTcpFlags(flags: number): string {
  if (flags === PLAIN_RESET) return 'R.';
  let text = '';
  for (let bit = 0; bit < LETTERS.length; bit++) if ((flags & (1 << bit)) !== 0) text += LETTERS[bit];
  return text === '' ? 'none' : text;
}
