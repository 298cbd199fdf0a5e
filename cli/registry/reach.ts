import { dirname } from "node:path";
import {
  type Environment,
  type Finding,
  registryPathOf,
  todayUtc,
  versionOn,
  YamlSource,
} from "@ssmd/metadata";
import { messageOf } from "@ssmd/runtime";
import type { Registry } from "./registry.ts";

/** How long an address may take to answer. */
const REACH_MS = 3_000;
/** Port of a NATS address that names none. */
const NATS_PORT = 4222;

interface Probe {
  path: string[];
  what: string;
  run: () => Promise<void>;
}

/** Tries what every environment connects to; each address has three seconds, all at once. */
export async function reachFindings(registry: Registry): Promise<Finding[]> {
  const all = [...registry.check().environments].map(async ([name, environment]) => {
    const path = registryPathOf({ kind: "environment", name });
    const text = registry.texts.get(path) ?? "";
    const yaml = new YamlSource({ path: `${registry.dir}/${path}`, text });
    const results = await Promise.all(
      probesOf(registry, environment).map(async (probe) => {
        try {
          await probe.run();
          return [];
        } catch (error) {
          const message = `${probe.what} cannot be reached: ${reasonOf(error)}`;
          return [yaml.finding(probe.path, message)];
        }
      }),
    );
    return results.flat();
  });
  return (await Promise.all(all)).flat();
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `this program is not allowed to: ${error.message.split(",")[0]}`;
  }
  return error instanceof DOMException && error.name === "TimeoutError"
    ? `no answer in ${REACH_MS / 1000} s`
    : causeOf(error);
}

/** `fetch` says only that it failed; what did stands in the causes. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : causeOf(cause);
}

function probesOf(registry: Registry, environment: Environment): Probe[] {
  const { transport, storage } = environment;
  const probes: Probe[] = [];
  if (transport.type === "nats") {
    for (const url of transport.url.split(",")) {
      const run = () => /^wss?:/.test(url) ? webSocket(url) : greets(url);
      probes.push({ path: ["transport", "url"], what: url, run });
    }
  }
  if (storage.type === "local") {
    const run = () => writable(storage.path);
    probes.push({ path: ["storage", "path"], what: storage.path, run });
  }
  if (storage.type === "s3") {
    const run = () => answers(storage.endpoint);
    probes.push({ path: ["storage", "endpoint"], what: storage.endpoint, run });
  }
  if (environment.simulator === undefined) probes.push(...feedProbes(registry, environment));
  return probes;
}

function feedProbes(registry: Registry, environment: Environment): Probe[] {
  return environment.feeds.flatMap((id): Probe[] => {
    const feed = registry.check().feeds.get(id);
    const version = feed && versionOn(feed, todayUtc());
    const own = environment.endpoints?.[id];
    const url = own ?? version?.endpoint;
    if (url === undefined) return [];
    const path = own === undefined ? ["feeds"] : ["endpoints", id];
    // Without its signature the handshake is refused: an answer is all that can be asked for.
    const run = () =>
      version?.auth.method === "none" ? webSocket(url) : answers(url.replace(/^ws/, "http"));
    return [{ path, what: url, run }];
  });
}

/** Any answer of HTTP will do. */
async function answers(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(REACH_MS) });
  await answer.body?.cancel();
}

async function webSocket(url: string): Promise<void> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new DOMException("no answer", "TimeoutError")),
    REACH_MS,
  );
  socket.onopen = () => resolve();
  socket.onerror = (event) =>
    reject(new TypeError((event as ErrorEvent).message || "the handshake failed"));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    socket.onerror = null;
    socket.close();
  }
}

/** Connects, and looks at the first bytes that a NATS server says. */
async function greets(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const signal = AbortSignal.timeout(REACH_MS);
  const connection = await Deno.connect({ hostname, port: Number(port || NATS_PORT), signal });
  const close = () => connection.close();
  signal.addEventListener("abort", close);
  try {
    const bytes = new Uint8Array(64);
    const size = await connection.read(bytes) ?? 0;
    const said = new TextDecoder().decode(bytes.subarray(0, size));
    if (!said.startsWith("INFO ")) throw new TypeError("something else answers there");
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", close);
    if (!signal.aborted) close();
  }
}

/** Whether the folder, or the nearest one above it that is there, can be written to. */
async function writable(path: string): Promise<void> {
  const file = `${path}/.ssmd-reach-${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(file, "", { createNew: true });
  } catch (error) {
    const above = dirname(path);
    if (!(error instanceof Deno.errors.NotFound) || above === path) throw error;
    return writable(above);
  }
  await Deno.remove(file);
}
