import { DURATION_WORDS, formatDurationMs, parseDurationMs } from "@ssmd/runtime/duration";
import { suggestion } from "@ssmd/runtime/suggest";
import { z } from "zod";

/** Object schema that rejects unknown fields, with a suggestion. */
export function fields<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const allowed = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? (issue.keys as string[]).map((key) => `unknown field. ${suggestion(key, allowed)}`)
          .join("\n")
        : undefined,
  });
}

/** Union discriminated by `type`; rejects `reserved` types with their message. */
export function oneOf<
  const Options extends readonly [
    z.core.$ZodTypeDiscriminable,
    ...z.core.$ZodTypeDiscriminable[],
  ],
>(options: Options, reserved: Record<string, string> = {}): z.ZodDiscriminatedUnion<Options> {
  return z.discriminatedUnion("type", options, {
    error: (issue) => {
      const type = (issue.input as { type?: unknown } | null)?.type;
      return typeof type === "string" ? reserved[type] : undefined;
    },
  });
}

/** Text that matches a pattern; `what` describes it in errors. */
export function text(pattern: RegExp, what: string): z.ZodString {
  return z.string().regex(pattern, { error: `must be ${what}` });
}

/** A name in files, subjects and metrics: lower case, digits, dashes. */
export const nameText: z.ZodString = text(
  /^[a-z][a-z0-9-]{0,62}$/,
  "a name of lower-case letters, digits and dashes that begins with a letter",
);

/** Non-empty text on one line. */
export const plainText: z.ZodString = text(
  // No `u` flag: JSON Schema patterns have no flags.
  // deno-lint-ignore no-control-regex -- control characters are what is refused
  /^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$/,
  "one line of text",
);

/** A TCP port. */
export const port: z.ZodNumber = z.int().min(1).max(65_535);

/** A calendar day. */
export const day: z.ZodType<string, string> = z.string().refine(
  (value) => /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value),
  { error: 'must be a day, "YYYY-MM-DD"' },
);

function isDay(value: string): boolean {
  const ms = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value);
}

/** A time of day. */
export const timeOfDay: z.ZodString = text(
  /^([01]\d|2[0-3]):[0-5]\d$/,
  'a time of day, "HH:MM" in quotes',
);

/** A time zone known to this machine. */
export const timezone: z.ZodType<string, string> = z.string().refine((value) => {
  try {
    // `Intl.DateTimeFormat` would load language data first: 30 ms per command.
    new Temporal.ZonedDateTime(0n, value);
    return true;
  } catch {
    return false;
  }
}, { error: 'must be the IANA name of a time zone, like "UTC" or "America/New_York"' });

const UNIT_BYTES: Record<string, number> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** Duration (`500ms`, `30s`, `2m`, `24h`, `7d`) in a file; milliseconds in code. */
export const duration: z.ZodCodec<z.ZodString, z.ZodNumber> = z.codec(
  z.string({ error: `must be ${DURATION_WORDS}` }),
  z.number(),
  {
    decode(value, context) {
      try {
        return parseDurationMs(value);
      } catch {
        context.issues.push({ code: "custom", input: value, message: `must be ${DURATION_WORDS}` });
        return z.NEVER;
      }
    },
    encode: formatDurationMs,
  },
);

const SIZE_WORDS = "a size above 0 with a unit, like 512KiB, 64MiB or 10GiB";

/** Size (`64MiB`, `10GiB`) in a file; bytes in code. */
export const size: z.ZodCodec<z.ZodString, z.ZodNumber> = z.codec(
  z.string({ error: `must be ${SIZE_WORDS}` }),
  z.number(),
  {
    decode(value, context) {
      const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([KMGT]iB|B)$/.exec(value) ?? [];
      const bytes = Math.round(Number(number) * (UNIT_BYTES[unit] ?? NaN));
      if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
      context.issues.push({ code: "custom", input: value, message: `must be ${SIZE_WORDS}` });
      return z.NEVER;
    },
    encode: (bytes) => {
      const units = Object.entries(UNIT_BYTES).toReversed();
      const [unit, factor] = units.find(([, each]) => bytes % each === 0) ?? ["B", 1];
      return `${bytes / factor}${unit}`;
    },
  },
);

/** URL with one of these schemes and a host, without user or password. */
export function address(schemes: readonly string[]): z.ZodType<string, string> {
  const what = `must be an address beginning with ${schemes.map((s) => `${s}://`).join(" or ")}`;
  return z.string().superRefine((value, context) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const known = url !== undefined && url.host !== "" &&
      schemes.includes(url.protocol.slice(0, -1));
    if (!known) context.addIssue({ code: "custom", message: what });
    else if (url.username !== "" || url.password !== "") {
      const message =
        "must not hold a user or password; name them under credentials as $key:name.field";
      context.addIssue({ code: "custom", message });
    }
  });
}
