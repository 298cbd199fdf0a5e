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
import { checkRegistry } from "./check_registry.ts";

/** Timeout of one address, ms. */
const REACH_MS = 3_000;
/** Default NATS port. */
const NATS_PORT = 4222;

interface Probe {
  path: string[];
  what: string;
  run: () => Promise<void>;
}

/** Probes all addresses of every environment in parallel; each has three seconds. */
export async function reachFindings(registry: Registry): Promise<Finding[]> {
  const all = [...checkRegistry(registry).environments].map(async ([name, environment]) => {
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

/** `fetch` reports only that it failed; the reason is in the innermost cause. */
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
    const feed = checkRegistry(registry).feeds.get(id);
    const version = feed && versionOn(feed, todayUtc());
    const own = environment.endpoints?.[id];
    const url = own ?? version?.endpoint;
    if (url === undefined) return [];
    const path = own === undefined ? ["feeds"] : ["endpoints", id];
    // Without a signature the handshake fails, so any HTTP answer counts as reachable.
    const run = () =>
      version?.auth.method === "none" ? webSocket(url) : answers(url.replace(/^ws/, "http"));
    return [{ path, what: url, run }];
  });
}

/** Accepts any HTTP status. */
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

/** Connects and checks that the first bytes are a NATS server's `INFO`. */
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

/** Throws unless the folder, or its nearest existing parent, is writable. */
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
