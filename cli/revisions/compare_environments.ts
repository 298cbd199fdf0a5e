import { decode } from "@ssmd/codec";
import { diffStreams, type StreamedRecord, type VersionDiff } from "@ssmd/dataset/diff";
import { recordAndTrailer } from "@ssmd/gateway/protocol";
import { EVENT_TYPES, type EventType } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { assertNoError, readStream } from "../client/gateway_stream.ts";
import { gatewayAnswer, requestGateway } from "../client/running_gateway.ts";

/** Maximum number of records buffered per stream; more throws `COMPARE_TOO_MANY`. */
const RECORDS_MAX = 1_000_000;
/** Records this close to the start or end may be on one stream only, ms. */
const EDGE_MS = 2_000;

const SCHEMAS = z.looseObject({
  schemas: z.array(z.looseObject({
    schema: z.string(),
    in_force: z.string().nullable(),
    versions: z.array(z.looseObject({ version: z.string(), sha256: z.string() })),
  })),
});

/** Running environment to compare. */
interface ComparedEnvironment {
  /** URL of its gateway. */
  url: string;
  headers: Record<string, string>;
}

/** Options of {@linkcode compareEnvironments}. */
interface CompareOptions {
  baseline: ComparedEnvironment;
  candidate: ComparedEnvironment;
  feed: string;
  symbols: readonly string[];
  types: readonly EventType[];
  durationMs: number;
  /** Aborts the comparison, which throws its reason. */
  signal: AbortSignal;
}

/**
 * Reads the streams of two environments in parallel and compares their records. Throws SsmdError
 * `NOTHING_STREAMED` when neither sent a record, `STREAM_DROPPED` when a gateway dropped some,
 * `COMPARE_TOO_MANY`, and the gateways' errors.
 */
export async function compareEnvironments(options: CompareOptions): Promise<VersionDiff> {
  const { baseline, candidate, durationMs, signal } = options;
  const schemas = [await schemasOf(baseline), await schemasOf(candidate)] as const;
  const ended = new AbortController();
  let [subscribed, startMs] = [0, 0];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onSubscribed = () => {
    if (++subscribed < 2) return;
    startMs = performance.now();
    timer = setTimeout(() => ended.abort(), durationMs + 2 * EDGE_MS);
  };
  const streams = { ...options, signal: AbortSignal.any([signal, ended.signal]), onSubscribed };
  try {
    const [old, now] = await Promise.all([
      readRecords(baseline, streams),
      readRecords(candidate, streams),
    ]);
    signal.throwIfAborted();
    if (old.length + now.length === 0) throw nothingStreamed(options);
    return diffStreams({
      old: { records: old, schemas: schemas[0] },
      new: { records: now, schemas: schemas[1] },
      span: { fromMs: startMs + EDGE_MS, toMs: startMs + EDGE_MS + durationMs },
    });
  } finally {
    clearTimeout(timer);
    ended.abort();
  }
}

async function readRecords(
  { url, headers }: ComparedEnvironment,
  { feed, symbols, types, signal, onSubscribed }: CompareOptions & { onSubscribed: () => void },
): Promise<StreamedRecord[]> {
  const records: StreamedRecord[] = [];
  const query = new URLSearchParams({
    ...{ symbols: symbols.join(","), types: types.join(","), format: "capnp" },
  });
  const onMessage = (data: string | ArrayBuffer) => {
    if (typeof data === "string") {
      const { type } = assertNoError(JSON.parse(data));
      if (type === "subscribed") onSubscribed();
      if (type === "dropped") throw recordsDropped(url);
      return;
    }
    const event = recordOf(new Uint8Array(data));
    if (event === undefined || event.feed !== feed) return;
    if (records.push({ event, atMs: performance.now() }) > RECORDS_MAX) throw tooMany();
  };
  await readStream(`${url}/v1/stream?${query}`, { headers, signal, onMessage });
  return records;
}

/** Decodes a binary message; undefined for a market state made by the gateway. */
function recordOf(bytes: Uint8Array) {
  const { record, trailer } = recordAndTrailer(bytes) ?? {};
  if (record === undefined || trailer === undefined || trailer.isState) return undefined;
  const type = EVENT_TYPES[trailer.type];
  return type === undefined ? undefined : decode(type, record);
}

/** Schema in force per type, formatted like that of archived days. */
async function schemasOf({ url, headers }: ComparedEnvironment): Promise<Map<string, string>> {
  const response = await requestGateway(url, ["GET", "/v1/meta/schemas"], headers);
  const { schemas } = SCHEMAS.parse(await gatewayAnswer(response, url));
  return new Map(schemas.map(({ schema, in_force: version, versions }) => {
    const { sha256 = "" } = versions.find((each) => each.version === version) ?? {};
    return [schema, `${version} ${sha256.slice(0, 12)}`];
  }));
}

function nothingStreamed({ feed, durationMs }: CompareOptions): SsmdError {
  const why = `Neither environment sent a record of ${feed} in ${durationMs / 1000} s`;
  return new SsmdError("NOTHING_STREAMED", why, {
    hint: "Do both capture the feed, and are the keys entitled to it? A longer --duration may help",
  });
}

function recordsDropped(url: string): SsmdError {
  return new SsmdError("STREAM_DROPPED", `${url} left out records: this was too slow for them`, {
    hint: "Name fewer markets with --symbol, or run it where there is more room",
    retryable: true,
  });
}

function tooMany(): SsmdError {
  return new SsmdError("COMPARE_TOO_MANY", `More than ${RECORDS_MAX} records came on one stream`, {
    hint: "Compare for a shorter --duration, or fewer markets with --symbol",
  });
}
