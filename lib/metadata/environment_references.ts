import { isLoopback, nearest, suggestion } from "@ssmd/runtime";
import type { YamlSource } from "./document.ts";
import { type Feed, type FeedVersion, versionOn } from "./feed.ts";
import type { Finding } from "./finding.ts";
import { entriesOf, fieldOf, listOf } from "./untyped.ts";
import type { RegisteredSchema } from "./schema.ts";

/** Existing versions of the record schemas. */
const SCHEMA_VERSIONS: readonly string[] = ["v1"];

/** Returns what is wrong with a venue's market name for `parser`; undefined = nothing. */
export type ExternalCheck = (parser: string, external: string) => string | undefined;

/** What an environment may refer to. */
interface RegistryView {
  /** Valid feeds, by id. */
  feeds: ReadonlyMap<string, Feed>;
  /** All feed ids, including invalid files. */
  feedIds: readonly string[];
  /** Checks venue market names; absent = not checked. */
  externalProblem?: ExternalCheck;
  /** Day that selects versions, `YYYY-MM-DD`. */
  on: string;
  /** Valid schemas, by name; absent = the registry has none, so they are not checked. */
  schemas?: ReadonlyMap<string, RegisteredSchema>;
  /** Names of all schema files, including invalid ones. */
  schemaNames?: readonly string[];
}

/** Checks the references of an environment; uses raw values, so it also reports next to shape errors. */
export function environmentReferences(
  yaml: YamlSource,
  name: string,
  registry: RegistryView,
): Finding[] {
  const root = yaml.value;
  const own = listOf(fieldOf(root, "feeds")).filter((feed) => typeof feed === "string");
  const check = new ReferenceCheck(yaml, registry, own);
  const named = fieldOf(root, "name");
  if (typeof named === "string" && named !== name) {
    check.report(["name"], `"${named}" must be the file's name, "${name}"`);
  }
  const schema = fieldOf(root, "schema");
  if (typeof schema === "string" && !SCHEMA_VERSIONS.includes(schema)) {
    check.report(
      ["schema"],
      `no schema version "${schema}". ${suggestion(schema, SCHEMA_VERSIONS)}`,
    );
  } else if (typeof schema === "string") check.schemas(schema);
  check.feeds();
  check.location();
  check.symbols();
  check.selectors();
  check.byFeed("endpoints");
  check.byFeed("connects");
  check.gateway();
  check.scheduler();
  check.simulator();
  check.credentials();
  return check.findings;
}

class ReferenceCheck {
  readonly findings: Finding[] = [];
  #yaml: YamlSource;
  #registry: RegistryView;
  #own: string[];

  constructor(yaml: YamlSource, registry: RegistryView, own: string[]) {
    this.#yaml = yaml;
    this.#registry = registry;
    this.#own = own;
  }

  report(path: readonly PropertyKey[], message: string): void {
    this.findings.push(this.#yaml.finding(path, message));
  }

  feeds(): void {
    const seen = new Set<string>();
    listOf(fieldOf(this.#yaml.value, "feeds")).forEach((feed, index) => {
      if (typeof feed !== "string") return;
      const path = ["feeds", index];
      if (!this.#registry.feedIds.includes(feed)) {
        this.report(path, `no feed "${feed}" in the registry. ${this.#meant(feed)}`);
      } else if (seen.has(feed)) this.report(path, `feed "${feed}" stands here a second time`);
      else if (this.#registry.feeds.get(feed)?.status === "disabled") {
        this.report(path, `feed "${feed}" is disabled in its feed file`);
      } else if (this.#registry.feeds.has(feed) && !this.#version(feed)) {
        this.report(path, `feed "${feed}" has no version in force on ${this.#registry.on}`);
      }
      seen.add(feed);
    });
  }

  /** Checks that every feed has the environment's capture location. */
  location(): void {
    const location = fieldOf(this.#yaml.value, "location");
    if (typeof location !== "string") return;
    for (const id of new Set(this.#own)) {
      const feed = this.#registry.feeds.get(id);
      const known = (feed?.capture_locations ?? []).map((each) => each.id);
      if (feed === undefined || known.includes(location)) continue;
      const hint = known.length === 0
        ? `It names none: ssmd feed add-location ${id} ${location} …`
        : placesHint(location, known);
      this.report(["location"], `feed ${id} has no capture location "${location}". ${hint}`);
    }
  }

  /** Checks that every record type of the feeds has a registered schema of this version. */
  schemas(version: string): void {
    const { schemas } = this.#registry;
    if (schemas === undefined) return;
    const types = this.#own.flatMap((feed) => this.#version(feed)?.capabilities.types ?? []);
    for (const type of [...new Set(types)].sort()) {
      // An invalid schema file has its own findings.
      if (!schemas.has(type) && this.#registry.schemaNames?.includes(type)) continue;
      const found = schemas.get(type)?.versions.find((each) => each.version === version);
      if (found === undefined) {
        const near = nearest(type, schemas.keys());
        const hint = near === undefined || near === type ? "" : `; there is "${near}"`;
        const message = `schema ${type} has no version ${version} in the registry${hint}; ` +
          `ssmd schema register ${type}`;
        this.report(["schema"], message);
      } else if (found.status === "draft") {
        const message = `version ${version} of schema ${type} is a draft; ` +
          `ssmd schema set-status ${type} ${version} active`;
        this.report(["schema"], message);
      }
    }
  }

  symbols(): void {
    const taken = new Map<string, string>();
    for (const [symbol, entry] of entriesOf(fieldOf(this.#yaml.value, "symbols"))) {
      const feed = fieldOf(entry, "feed");
      const external = fieldOf(entry, "external");
      if (typeof feed !== "string") continue;
      this.#ownFeed(["symbols", symbol, "feed"], feed);
      this.#depth(symbol, feed, fieldOf(entry, "depth"));
      if (typeof external !== "string") continue;
      this.#external(symbol, feed, external);
      const other = taken.get(`${feed} ${external}`);
      if (other === undefined) taken.set(`${feed} ${external}`, symbol);
      else {
        const path = ["symbols", symbol, "external"];
        this.report(path, `"${external}" of ${feed} is already mapped to ${other}`);
      }
    }
  }

  /** Checks that rules name the environment's feeds and select less than all markets. */
  selectors(): void {
    if (fieldOf(this.#yaml.value, "select") && fieldOf(this.#yaml.value, "shards")) {
      this.report(["select"], "a rule says of no market which shard it is of; name its symbols");
    }
    listOf(fieldOf(this.#yaml.value, "select")).forEach((selector, i) => {
      const feed = fieldOf(selector, "feed");
      if (typeof feed === "string") this.#ownFeed(["select", i, "feed"], feed);
      const isRule = ["series", "group", "base", "quote"].some((field) =>
        fieldOf(selector, field) !== undefined
      );
      if (!isRule) this.report(["select", i], "name a series, group, base or quote");
    });
  }

  #external(symbol: string, feed: string, external: string): void {
    const parser = this.#version(feed)?.parser;
    const problem = parser && this.#registry.externalProblem?.(parser, external);
    if (problem) this.report(["symbols", symbol, "external"], `"${external}": ${problem}`);
  }

  #depth(symbol: string, feed: string, depth: unknown): void {
    const version = this.#version(feed);
    if (!Number.isInteger(depth) || version === undefined) return;
    const allowed = version.capabilities.book_depths;
    const path = ["symbols", symbol, "depth"];
    if (allowed === undefined) {
      this.report(path, `${feed} sends whole books; leave depth out`);
    } else if (!allowed.includes(depth as number)) {
      this.report(path, `${feed} has no depth ${depth}. Allowed: ${allowed.join(", ")}`);
    }
  }

  /** Checks that a map's keys are feeds of this environment. */
  byFeed(field: string, ...below: string[]): void {
    const path = [field, ...below];
    let value = this.#yaml.value;
    for (const part of path) value = fieldOf(value, part);
    for (const [feed] of entriesOf(value)) this.#ownFeed([...path, feed], feed);
  }

  /** Checks that secrets are only sent over TLS. */
  scheduler(): void {
    const scheduler = fieldOf(this.#yaml.value, "scheduler");
    const tls = fieldOf(scheduler, "tls");
    const isNumber = /^(\[|[\d.]+:)/.test(String(fieldOf(scheduler, "address")));
    if (tls !== undefined && isNumber && fieldOf(tls, "server_name") === undefined) {
      this.report(["scheduler", "tls"], "an address that is a number needs tls.server_name");
    }
    const credentials = fieldOf(scheduler, "credentials");
    if (credentials === undefined) return;
    for (const [field] of entriesOf(credentials)) {
      if (field === "api_key") continue;
      this.report(["scheduler", "credentials", field], `unknown field "${field}": it has api_key`);
    }
    if (tls !== undefined) return;
    this.report(["scheduler", "credentials"], "they would be sent in clear; set scheduler.tls");
  }

  /** Checks that an open gateway on the network is explicitly confirmed. */
  gateway(): void {
    const gateway = fieldOf(this.#yaml.value, "gateway");
    const host = fieldOf(gateway, "host");
    this.#clients(fieldOf(gateway, "clients"));
    for (const path of [["oidc"], ["client_certificates"], ["tls", "client_ca"]]) {
      const value = path.reduce(fieldOf, gateway);
      if (value === undefined || fieldOf(gateway, "auth") === "required") continue;
      this.report(["gateway", ...path], "nobody is asked for it; set gateway.auth: required");
    }
    if (typeof host !== "string" || isLoopback(host)) return;
    if (![undefined, "open"].includes(fieldOf(gateway, "auth") as string | undefined)) return;
    if (fieldOf(gateway, "open_to_network") === true) return;
    const message = `"${host}" is reached by others, and auth: open lets everyone read; ` +
      "set auth: required, or open_to_network: true if that is meant";
    this.report(["gateway", "host"], message);
  }

  /** Checks that address and TLS of a database do not contradict each other. */
  #clients(clients: unknown): void {
    const [, mode] = /[?&]sslmode=(disable|require)\b/.exec(String(fieldOf(clients, "url"))) ?? [];
    if (mode === undefined || fieldOf(clients, "tls") === undefined) return;
    const message = `sslmode=${mode} does not verify the server, and tls does; ` +
      "write sslmode=verify-full or leave it out";
    this.report(["gateway", "clients", "tls"], message);
  }

  simulator(): void {
    this.byFeed("simulator", "ports");
    const gateway = fieldOf(fieldOf(this.#yaml.value, "gateway"), "port");
    const taken = new Map<unknown, string>([[gateway, "the gateway"]]);
    const ports = fieldOf(fieldOf(this.#yaml.value, "simulator"), "ports");
    for (const [feed, port] of entriesOf(ports)) {
      const other = taken.get(port);
      if (other !== undefined && typeof port === "number") {
        this.report(["simulator", "ports", feed], `port ${port} is already that of ${other}`);
      }
      taken.set(port, `feed ${feed}`);
    }
  }

  credentials(): void {
    this.byFeed("credentials");
    const root = this.#yaml.value;
    for (const [feed, fields] of entriesOf(fieldOf(root, "credentials"))) {
      this.#references(["credentials", feed], fields);
    }
    for (const part of ["transport", "storage", "cache", "scheduler"]) {
      this.#references([part, "credentials"], fieldOf(fieldOf(root, part), "credentials"));
    }
    for (const part of ["clients", "issues"]) {
      const given = fieldOf(fieldOf(fieldOf(root, "gateway"), part), "credentials");
      this.#references(["gateway", part, "credentials"], given);
    }
    const signIn = fieldOf(fieldOf(fieldOf(root, "gateway"), "oidc"), "sign_in");
    const path = ["gateway", "oidc", "sign_in", "credentials"];
    this.#references(path, fieldOf(signIn, "credentials"));
    const model = fieldOf(fieldOf(root, "agents"), "model");
    this.#references(["agents", "model", "credentials"], fieldOf(model, "credentials"));
    if (fieldOf(root, "simulator") === undefined) this.#neededCredentials();
  }

  /** Checks that a live feed has exactly the credentials of its handshake. */
  #neededCredentials(): void {
    for (const feed of new Set(this.#own)) {
      const auth = this.#version(feed)?.auth;
      if (auth === undefined) continue;
      const given = entriesOf(fieldOf(fieldOf(this.#yaml.value, "credentials"), feed));
      const names = given.map(([name]) => name);
      for (const field of auth.fields.filter((name) => !names.includes(name))) {
        const message = `is missing; ${feed} signs in with ${auth.fields.join(" and ")}`;
        this.report(["credentials", feed, field], `${message} (a reference $key:name.field)`);
      }
      for (const field of names.filter((name) => !auth.fields.includes(name))) {
        const hint = auth.fields.length === 0
          ? `It is public and needs none`
          : suggestion(field, auth.fields);
        this.report(["credentials", feed, field], `${feed} has no credential "${field}". ${hint}`);
      }
    }
  }

  #references(path: string[], fields: unknown): void {
    const keys = fieldOf(this.#yaml.value, "keys");
    const names = entriesOf(keys).map(([name]) => name);
    for (const [field, reference] of entriesOf(fields)) {
      const match = /^\$key:([\w-]+)\.([\w-]+)$/.exec(String(reference));
      if (!match?.[1] || !match[2]) continue;
      const known = listOf(fieldOf(fieldOf(keys, match[1]), "fields")).map(String);
      if (!names.includes(match[1])) {
        const hint = names.length === 0 ? "It holds none yet" : suggestion(match[1], names);
        this.report([...path, field], `no key "${match[1]}" under keys. ${hint}`);
      } else if (known.length > 0 && !known.includes(match[2])) {
        const hint = suggestion(match[2], known);
        this.report([...path, field], `key "${match[1]}" has no field "${match[2]}". ${hint}`);
      }
    }
  }

  #ownFeed(path: readonly PropertyKey[], feed: string): void {
    // An invalid list of feeds is reported once, at its own position.
    if (this.#own.length === 0 || this.#own.includes(feed)) return;
    const near = nearest(feed, this.#own);
    const hint = near === undefined
      ? `Allowed: ${this.#own.join(", ")}`
      : `Did you mean "${near}"?`;
    this.report(path, `"${feed}" is not among the feeds of this environment. ${hint}`);
  }

  #meant(feed: string): string {
    return this.#registry.feedIds.length === 0
      ? "It holds none"
      : suggestion(feed, this.#registry.feedIds);
  }

  #version(feed: string): FeedVersion | undefined {
    const known = this.#registry.feeds.get(feed);
    return known && versionOn(known, this.#registry.on);
  }
}

/** Lists the known locations, with a suggestion if one is near. */
function placesHint(location: string, known: readonly string[]): string {
  const near = nearest(location, known);
  return `${near === undefined ? "" : `Did you mean "${near}"? `}It has: ${known.join(", ")}`;
}
