export { decodeOptions, encodeOptions, MAX_OPTION_BYTES } from './tcp-options/option-list.ts';
export { compileOptions, formatOptions, optionItemForms, type CompiledOptions } from './tcp-options/option-text.ts';
export { findOption } from './tcp-options/find-option.ts';
