/** The process exit code for each error code. */
export const EXIT_CODES = {
  usage: 2,
  'not-permitted': 3,
  'not-installed': 3,
  'no-route': 4,
  'interface-lost': 4,
  'engine-lost': 4,
  'output-failed': 4,
} as const;

/** What went wrong, as a word that programs can switch on. */
export type ErrorCode = keyof typeof EXIT_CODES;

/**
 * A known failure: `message` says what was being done and quotes the input at fault, `hint` what to do
 * about it.
 */
export class SynscopeError extends Error {
  override readonly name = 'SynscopeError';
  readonly code: ErrorCode;
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? null;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** Input that cannot be accepted: quotes `text` and says what is. */
export function usageError(what: string, text: string, accepted: string): SynscopeError {
  return new SynscopeError('usage', `${what} "${text}": ${accepted}`);
}
