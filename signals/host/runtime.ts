/** What rooms below take from `@ssmd/runtime`, without its npm packages: a host may load none. @module */
export { CodecError, ConfigError, messageOf, SsmdError, UsageError } from "@ssmd/runtime/errors";
export type { SsmdErrorOptions } from "@ssmd/runtime/errors";
export { nearest, suggestion } from "@ssmd/runtime/suggest";
