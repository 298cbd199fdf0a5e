import { hostOf } from "./address_host.ts";
import { type Document, isNode, LineCounter } from "yaml";
import { entriesOf, fieldOf, listOf } from "./untyped.ts";
import { parseYaml } from "./parse_yaml.ts";

/** A host or path named in a registry file. */
export interface Reach {
  /** `net` = a host, `write` = a folder to read and write, `read` = a file or folder to read. */
  kind: "net" | "read" | "write";
  /** `host:port`, or a path as written in the file. */
  what: string;
  /** Displayed path of the file. */
  file: string;
  /** Line in the file, from 1. */
  line: number;
  /** Field path, `transport.url`. */
  field: string;
}

/** Text of a registry file. */
export interface ReachText {
  path: string;
  text: string;
}

/**
 * Returns the hosts and paths named by an environment file and its feed files (`feedOf`). The file
 * may be invalid: non-text values are skipped, as loading it later reports all findings.
 */
export function environmentReach(
  environment: ReachText,
  feedOf: (id: string) => ReachText | undefined,
): Reach[] {
  const file = new ReachFile(environment);
  const { value } = file;
  return [
    ...addresses(file, ["transport", "url"]),
    ...storageReach(file),
    ...addresses(file, ["cache", "url"]),
    ...file.texts(["scheduler", "address"]).map(({ text, path }) => file.reach("net", text, path)),
    ...addresses(file, ["gateway", "clients", "url"]),
    ...addresses(file, ["gateway", "oidc", "jwks_url"]),
    ...addresses(file, ["gateway", "oidc", "sign_in", "token_url"]),
    // Its discovery document names where people sign out.
    ...(isSignIn(value) ? addresses(file, ["gateway", "oidc", "issuer"]) : []),
    ...["cert", "key", "client_ca"].flatMap((name) => file.paths("read", ["gateway", "tls", name])),
    ...[["scheduler", "tls"], ["gateway", "clients", "tls"]].flatMap((tls) =>
      ["ca", "cert", "key"].flatMap((name) => file.paths("read", [...tls, name]))
    ),
    ...issuesReach(file),
    ...modelReach(file),
    ...webhookReach(file),
    ...file.paths("write", ["journal", "path"]),
    ...file.paths("write", ["gateway", "clients", "path"]).map(parentOf),
    ...file.texts(["gateway", "host"]).map(({ text, path }) =>
      file.reach("net", bracketed(text), path)
    ),
    ...entriesOf(fieldOf(value, "keys")).flatMap(([name]) => keyReach(file, name)),
    // A simulated venue is on loopback, which needs no permission line.
    ...(fieldOf(value, "simulator") === undefined ? feedReach(file, feedOf) : []),
  ];
}

function isSignIn(value: unknown): boolean {
  return fieldOf(fieldOf(fieldOf(value, "gateway"), "oidc"), "sign_in") !== undefined;
}

function storageReach(file: ReachFile): Reach[] {
  const hosts = addresses(file, ["storage", "endpoint"]);
  const buckets = ["raw", "normalized"].flatMap((kind) => file.texts(["storage", "buckets", kind]));
  const named = hosts.flatMap((host) =>
    // `bucket.endpoint`, for virtual-hosted-style buckets.
    buckets.map(({ text, path }) => file.reach("net", `${text}.${host.what}`, path))
  );
  return [...file.paths("write", ["storage", "path"]), ...hosts, ...named];
}

const PROVIDERS: Readonly<Record<string, string>> = {
  openai: "api.openai.com:443",
  anthropic: "api.anthropic.com:443",
};

/** Includes the provider's default host, which no file names. */
function modelReach(file: ReachFile): Reach[] {
  const model = fieldOf(fieldOf(file.value, "agents"), "model");
  const own = addresses(file, ["agents", "model", "url"]);
  const host = PROVIDERS[String(fieldOf(model, "type"))];
  if (own.length > 0 || host === undefined) return own;
  return [file.reach("net", host, ["agents", "model"])];
}

function webhookReach(file: ReachFile): Reach[] {
  return entriesOf(fieldOf(fieldOf(file.value, "agents"), "webhooks"))
    .flatMap(([name]) => addresses(file, ["agents", "webhooks", String(name), "url"]));
}

/** Includes Linear's default host, which no file names. */
function issuesReach(file: ReachFile): Reach[] {
  const issues = fieldOf(fieldOf(file.value, "gateway"), "issues");
  const isDefault = fieldOf(issues, "type") === "linear" && fieldOf(issues, "url") === undefined;
  return isDefault
    ? [file.reach("net", "api.linear.app:443", ["gateway", "issues"])]
    : addresses(file, ["gateway", "issues", "url"]);
}

function keyReach(file: ReachFile, name: string): Reach[] {
  return file.texts(["keys", name, "source"]).flatMap(({ text, path }) => {
    const target = /^(?:file|mount):(.+)$/.exec(text)?.[1];
    return target === undefined ? [] : [file.reach("read", target, path)];
  });
}

function feedReach(file: ReachFile, feedOf: (id: string) => ReachText | undefined): Reach[] {
  return listOf(fieldOf(file.value, "feeds")).flatMap((id) => {
    const own = addresses(file, ["endpoints", String(id)]);
    if (own.length > 0) return own;
    const text = feedOf(String(id));
    if (text === undefined) return [];
    const feed = new ReachFile(text);
    return listOf(fieldOf(feed.value, "versions"))
      .flatMap((_, i) =>
        ["endpoint", "rest"].flatMap((field) => addresses(feed, ["versions", i, field]))
      );
  });
}

function addresses(file: ReachFile, path: readonly (string | number)[]): Reach[] {
  return file.texts(path).flatMap(({ text }) =>
    text.split(",").flatMap((address) => {
      const host = hostOf(address);
      return host === undefined ? [] : [file.reach("net", host, path)];
    })
  );
}

function parentOf(reach: Reach): Reach {
  return { ...reach, what: reach.what.replace(/(^|\/)[^/]*$/, "") || "." };
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

type Path = readonly (string | number)[];

/** A YAML file of unknown shape, with line numbers. */
class ReachFile {
  readonly value: unknown;
  #path: string;
  #document: Document;
  #lines = new LineCounter();

  constructor({ path, text }: ReachText) {
    this.#path = path;
    this.#document = parseYaml(text, { lineCounter: this.#lines });
    this.value = plain(this.#document);
  }

  /** Returns the text at a path, as a list of at most one. */
  texts(path: Path): { text: string; path: Path }[] {
    let value = this.value;
    for (const key of path) {
      value = typeof key === "number" ? listOf(value)[key] : fieldOf(value, key);
    }
    return typeof value === "string" ? [{ text: value, path }] : [];
  }

  paths(kind: "read" | "write", path: Path): Reach[] {
    return this.texts(path).map(({ text }) => this.reach(kind, text, path));
  }

  reach(kind: Reach["kind"], what: string, path: Path): Reach {
    const node = this.#document.getIn(path, true);
    const offset = isNode(node) ? node.range?.[0] ?? 0 : 0;
    const { line } = this.#lines.linePos(offset);
    return { kind, what, file: this.#path, line, field: path.join(".") };
  }
}

/** Returns the content as plain values; undefined when it is invalid. */
function plain(document: Document): unknown {
  try {
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}
