/**
 * Generates docs/errors.md from the sources: every error code with its sentence and hint. `--check`
 * writes nothing. @module
 */
const ROOT = new URL("../", import.meta.url);
const DOC = new URL("docs/errors.md", ROOT);
const ROOMS = ["agents", "archiver", "cli", "connector", "dataset", "exchanges", "gateway", "jobs"]
  .concat("lib", "signals", "transforms");
const SKIPPED = /(_test|_fixtures|generate)\.ts$|\/(testing|page)\//;
const TEXT = String.raw`(?:\`(?:[^\`\\]|\\.)*\`|"(?:[^"\\]|\\.)*")`;
const TEXTS = String.raw`(${TEXT}(?:\s*\+\s*${TEXT})*)`;
const MADE = new RegExp(
  String
    .raw`(?:new \w+\(|\w*[eE]rror\(|code:)\s*"([A-Z]+(?:_[A-Z]+)+|USAGE)",(?:\s*(?:sentence:\s*)?${TEXTS})?`,
  "g",
);
/** The hint of the same error, or the first of two. */
const HINT = new RegExp(
  String.raw`^(?:(?!new |;)[^]){0,300}?\bhint:\s*(?:[^"\`;]{0,80}\?\s*)?${TEXTS}`,
);

/** Advice for errors whose hint is built at run time, or that have none. */
const DO: Readonly<Record<string, string>> = {
  "It names the nearest one, and which there are":
    "CACHE_TYPE_UNKNOWN COMMAND_UNKNOWN JOURNAL_TYPE_UNKNOWN KEY_FIELD_UNKNOWN QUERY_SYMBOL " +
    "STORAGE_TYPE_UNKNOWN SYMBOL_UNKNOWN TRANSPORT_TYPE_UNKNOWN UNKNOWN_ARGUMENT UNKNOWN_CLIENT " +
    "UNKNOWN_FEED UNKNOWN_PARAMETER",
  "Correct what it names; nothing was done":
    "CODEC_WATERMARK DURATION_INVALID FAULT_UNSUPPORTED FILTER_INVALID HEADERS_TOO_LARGE INVALID_JSON " +
    "INVALID_PARAMETER QUERY_INVALID REASON_NEEDED SCENARIO_INVALID SIGNAL_PARAM_INVALID " +
    "SPAN_TOO_LONG UNSUPPORTED_TYPE",
  "Its sentence says what is wrong with the environment; `ssmd env validate` names the line":
    "ENVIRONMENT_NOT_DEPLOYABLE SIGNALS_NONE",
  "`ssmd signal check` and the signal's test show where; only this signal is stopped":
    "FIRES_DIFFER SIGNAL_REFUSED SIGNAL_TEST_FAILED SIGNAL_THREW",
  "Nothing: it is retried automatically; the log shows the cause": "CLIENT_BUSY SANDBOX_ENDED",
  "A fault of ssmd itself: report it with the log around it":
    "BATCH_TRUNCATED SIGNALS_NOT_OPEN WORKER_FAILED",
  "Leave --times out, or give lines whose t is in nanoseconds since 1970": "CAPTURE_TIMES",
  "See that the bus answers: `ssmd status`; records wait in the spool": "BUS_SLOW",
  "Look into the log of the service that was asked":
    "AGENTS_REQUEST ARCHIVE_UNAVAILABLE SIGNALS_REQUEST TRANSFORMS_REQUEST",
  "See the Redis's own log; values are read from their source meanwhile": "CACHE_FAILED",
  "Give the gateway its registry with its git history": "AS_OF_UNAVAILABLE NO_REGISTRY",
  "Ask for the entitlement: `ssmd client entitle`": "NOT_ENTITLED",
  "Name its host or folder in the environment, and start again by the launcher":
    "STORAGE_NOT_ALLOWED",
  "`ssmd key verify` shows what is wrong with it": "VENUE_KEY_UNREADABLE",
  "Compare the database's user, password and certificates with gateway.clients of the environment":
    "DATABASE_REFUSED",
};
const DO_BY_CODE = new Map(
  Object.entries(DO).flatMap(([what, codes]) => codes.split(" ").map((code) => [code, what])),
);

/** Texts of an error, as far as the source contains them. */
interface ErrorText {
  sentence: string;
  hint: string;
}

/** Returns a source text with … for inserted values. */
function plain(source: string | undefined): string {
  const parts = source?.match(new RegExp(TEXT, "g")) ?? [];
  const text = parts.map((part) => part.slice(1, -1)).join("");
  return text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…").replace(/\$\{.*$/s, "…")
    .replace(/\\n/g, " ").replace(/\\(.)/g, "$1")
    .replaceAll("|", "\\|").replaceAll("<", "&lt;").replace(/\s+/g, " ").trim();
}

/** Returns the codes in a source, with the best texts of each. */
export function errorsIn(source: string): [string, ErrorText][] {
  return [...source.matchAll(MADE)].map((match) => {
    const rest = source.slice(match.index + match[0].length);
    return [match[1] ?? "", { sentence: plain(match[2]), hint: plain(HINT.exec(rest)?.[1]) }];
  });
}

async function* sourcesIn(folder: URL): AsyncGenerator<string, void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) yield* sourcesIn(url);
    // The folder of the repository may have any name.
    else if (name.endsWith(".ts") && !SKIPPED.test(url.href.slice(ROOT.href.length - 1))) {
      yield await Deno.readTextFile(url);
    }
  }
}

/** Formats the document. */
export async function errorDoc(): Promise<string> {
  const known = new Map<string, ErrorText>();
  const rank = ({ sentence, hint }: ErrorText) =>
    `${hint === "" ? 0 : 1}${sentence === "" ? 0 : 1}`;
  for (const room of ROOMS) {
    for await (const source of sourcesIn(new URL(`${room}/`, ROOT))) {
      for (const [code, reported] of errorsIn(source)) {
        const best = known.get(code);
        const isBetter = best === undefined || rank(reported) > rank(best) ||
          rank(reported) === rank(best) &&
            reported.sentence + reported.hint < best.sentence + best.hint;
        if (isBetter) known.set(code, reported);
      }
    }
  }
  const rows = [...known].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([code, { sentence, hint }]) =>
      `| \`${code}\` | ${sentence} | ${hint || (DO_BY_CODE.get(code) ?? "")} |`
    );
  return `<!-- Generated by tests/error_index.ts; do not edit. -->

# Errors

Each error has a code, a sentence and mostly a hint: in answers of the gateway as \`code\`, \`detail\` and
\`hint\`, in the terminal as the line \`code:\`, in logs as \`error.code\`. Here they are by their codes; …
stands for a name or a number. What to do about a service that will not go on: [operate.md](operate.md).

| code | it says | what to do |
| --- | --- | --- |
${rows.join("\n")}
`;
}

if (import.meta.main) {
  const text = await errorDoc();
  const isStale = await Deno.readTextFile(DOC).catch(() => "") !== text;
  if (isStale && Deno.args.includes("--check")) {
    console.error("docs/errors.md is stale; run: deno task codegen");
    Deno.exitCode = 1;
  } else if (isStale) await Deno.writeTextFile(DOC, text);
}
