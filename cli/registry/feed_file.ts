import { ConfigError } from "@ssmd/runtime";
import type { VersionFlags } from "./version_flags.ts";

/** Fields of a version set by flags, under their names in the file. */
export function versionFields(flags: VersionFlags): Record<string, unknown> {
  const auth = flags.auth === undefined ? undefined : {
    method: flags.auth,
    ...(flags.authFields === undefined ? {} : { fields: flags.authFields }),
  };
  return withoutUndefined({
    endpoint: flags.endpoint,
    auth,
    symbols_per_connection: flags.symbolsPerConnection,
    rate_limit: flags.rateLimit === undefined ? undefined : rateLimitOf(flags.rateLimit),
    sequenced: flags.sequenceField === undefined ? undefined : flags.sequenceField !== "none",
    sequence_field: flags.sequenceField === "none" ? undefined : flags.sequenceField,
    parser: flags.parser,
    notes: flags.notes,
  });
}

/** Capabilities set by flags. */
export function capabilityFields(flags: VersionFlags): Record<string, unknown> {
  return withoutUndefined({
    types: flags.types,
    book_depths: flags.bookDepths?.map(Number),
    book_checksum: flags.bookChecksum,
  });
}

/** Parses `10/1s` into the file's rate limit. Throws ConfigError. */
function rateLimitOf(text: string): { requests: number; per: string } {
  const [, requests, per] = /^(\d+)\/(\w+)$/.exec(text) ?? [];
  if (requests !== undefined && per !== undefined) return { requests: Number(requests), per };
  throw new ConfigError("CONFIG_INVALID", `"${text}" is no rate limit`, {
    hint: "Write messages/time, like 10/1s",
  });
}

/** Copy without undefined fields. */
function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}
