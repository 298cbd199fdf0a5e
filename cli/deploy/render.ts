import {
  type Environment,
  registryFileIdOf,
  registryPathOf,
  rotationPath,
  symbolsByShard,
} from "@ssmd/metadata";
import { environmentReach } from "@ssmd/metadata/environment_reach";
import { ConfigError } from "@ssmd/runtime";
import { stringify } from "yaml";
import { environmentOf } from "../registry/environment_of.ts";
import type { Registry } from "../registry/registry.ts";
import type { RenderedValues } from "./chart_values.ts";

/** Path of a rendered environment, relative to the project. */
export function valuesPath(env: string): string {
  return `deploy/environments/${env}/values.yaml`;
}

/**
 * Chart values of an environment as text; equal registries give equal bytes. Throws ConfigError
 * `ENVIRONMENT_NOT_DEPLOYABLE` when it only works on one machine.
 */
export function valuesText(registry: Registry, env: string): string {
  const head = `# Written by \`ssmd env render ${env}\` from the registry; edit that.\n`;
  return head + stringify(valuesOf(registry, env), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** See {@linkcode valuesText}. */
function valuesOf(registry: Registry, env: string): RenderedValues {
  const environment = environmentOf(registry, env);
  assertDeployable(environment);
  const { gateway: { port, auth, clients, oidc }, signals, transport } = environment;
  return {
    environment: env,
    oneProcess: transport.type === "memory",
    serves: {
      ...{ port, auth, clients: clients?.type === "postgres" ? "database" : "disk" },
      ...(oidc && {
        oidc: { issuer: oidc.issuer, jwksUrl: oidc.jwks_url, audience: oidc.audience },
      }),
    },
    shards: shardsOf(environment),
    signals: Object.values(signals).some(({ enabled = true }) => enabled),
    agents: environment.agents !== undefined,
    secrets: secretsOf(environment),
    hosts: hostsOf(registry, environment),
    registry: Object.fromEntries(filesOf(registry, environment).sort(([a], [b]) => a < b ? -1 : 1)),
  };
}

/** A file in a secret that the chart mounts. */
const SECRET_FILE = /^\/var\/run\/secrets\/ssmd\/([^/]+)\/[^/]+$/;

/** Files of certificates, as `gateway.tls.cert` and its path. */
function certificateFiles({ gateway, scheduler }: Environment): [string, string][] {
  const { tls: ofClients } = gateway.clients?.type === "postgres" ? gateway.clients : {};
  const { tls: ofScheduler } = scheduler?.type === "temporal" ? scheduler : {};
  const groups: Record<string, Record<string, string> | undefined> = {
    "gateway.tls": gateway.tls,
    "gateway.clients.tls": ofClients,
    "scheduler.tls": ofScheduler,
  };
  return Object.entries(groups).flatMap(([group, tls = {}]) =>
    Object.entries(tls).filter(([name]) => name !== "server_name")
      .map(([name, path]): [string, string] => [`${group}.${name}`, path])
  );
}

function assertDeployable(environment: Environment): void {
  const { transport, storage, gateway, simulator, keys } = environment;
  const isApart = transport.type !== "memory";
  const local = Object.entries(keys).find(([, { source }]) => !source.startsWith("sealed-secret/"));
  const [field] = certificateFiles(environment).find(([, path]) => !SECRET_FILE.test(path)) ?? [];
  const problems: [boolean, string, string][] = [
    [
      gateway.host !== "0.0.0.0",
      "its gateway listens on loopback",
      "set gateway.host to 0.0.0.0, and auth: required or open_to_network: true",
    ],
    [
      isApart && storage.type !== "s3",
      "its services would have a disk each, and no archive in common",
      "set storage.type to s3, or transport.type to memory to run it in one process",
    ],
    [
      isApart && simulator !== undefined,
      "its feeds are simulated, which only `ssmd up` does",
      "leave simulator away, or set transport.type to memory",
    ],
    [
      local !== undefined,
      `its key "${local?.[0]}" is kept on this machine`,
      `set keys.${local?.[0]}.source to sealed-secret/<name>; see ssmd key export`,
    ],
    [
      field !== undefined,
      `the file of ${field} is on this machine`,
      `put it into a secret, and set ${field} to /var/run/secrets/ssmd/<secret>/<file>`,
    ],
  ];
  const found = problems.find(([applies]) => applies);
  if (found === undefined) return;
  const [, why, hint] = found;
  throw new ConfigError(
    "ENVIRONMENT_NOT_DEPLOYABLE",
    `${environment.name} cannot run in a cluster: ${why}`,
    { hint },
  );
}

/** Without shards, all markets are in the shard `main`. */
function shardsOf(environment: Environment): RenderedValues["shards"] {
  const { shards = {}, symbols } = environment;
  const byShard = environment.shards === undefined
    ? [["main", symbols] as const]
    : symbolsByShard(environment);
  return Object.fromEntries([...byShard].map(([name, own]) => {
    const { replicas = 1, resources: { cpu, memory } = {} } = shards[name] ?? {};
    // Markets selected by rule are in no file; their feeds need a connector anyway.
    const ruled = name === "main" ? environment.feeds : [];
    const feeds: Record<string, string[]> = Object.fromEntries(ruled.map((feed) => [feed, []]));
    for (const [symbol, { feed }] of Object.entries(own)) (feeds[feed] ??= []).push(symbol);
    const resources = {
      ...(cpu === undefined ? {} : { cpu: String(cpu) }),
      ...(memory === undefined ? {} : { memory: String(memory) }),
    };
    return [name, { feeds, replicas, resources }];
  }));
}

function secretsOf(environment: Environment): string[] {
  const keys = Object.values(environment.keys)
    .map(({ source }) => source.replace("sealed-secret/", ""));
  const certificates = certificateFiles(environment)
    .map(([, path]) => SECRET_FILE.exec(path)?.[1] ?? "");
  return [...new Set([...keys, ...certificates])].sort();
}

type Host = RenderedValues["hosts"][number];
const ALL: Host["for"] = ["connector", "archiver", "gateway", "signals", "agents", "worker"];
/** First word of a field → programs that connect to its host. */
const REACHED_BY: Readonly<Record<string, Host["for"]>> = {
  transport: ALL,
  storage: ALL,
  cache: ["gateway"],
  agents: ["agents"],
  gateway: ["gateway"],
  endpoints: ["connector"],
  versions: ["connector"],
};

function hostsOf(registry: Registry, { name, feeds }: Environment): Host[] {
  const text = (kind: "environment" | "feed", id: string) => ({
    path: registryPathOf({ kind, name: id }),
    text: registry.text(kind, id),
  });
  const reach = environmentReach(
    text("environment", name),
    (id) => feeds.includes(id) ? text("feed", id) : undefined,
  );
  const hosts = new Map<string, Host>();
  for (const { kind, what, field } of reach) {
    const [, host = "", port = ""] = /^(.+):(\d+)$/.exec(what) ?? [];
    if (kind !== "net" || host === "") continue;
    const users = REACHED_BY[/^\w+/.exec(field)?.[0] ?? ""] ?? [];
    const known = hosts.get(what)?.for ?? [];
    hosts.set(what, {
      ...{ host, port: Number(port) },
      for: ALL.filter((program) => users.includes(program) || known.includes(program)),
      external: isExternal(host),
    });
  }
  return [...hosts].sort(([a], [b]) => a < b ? -1 : 1).map(([, host]) => host);
}

/** Host names inside a cluster have no dot, or end in the cluster's domain. */
function isExternal(host: string): boolean {
  return /\.[a-z]+$/.test(host) && !/\.(svc|local)$/.test(host) && !host.includes(".svc.");
}

/** Registry files that the processes of an environment read. */
function filesOf(registry: Registry, { name, feeds }: Environment): [string, string][] {
  const calendars = feeds.map((id) => registry.feed(id).calendar);
  const files = [...registry.texts].filter(([path]) => {
    const file = registryFileIdOf(path);
    switch (file?.kind) {
      case "environment":
      case "rbac":
        return file.name === name;
      case "feed":
      case "qa":
        return feeds.includes(file.name);
      case "calendar":
        return calendars.includes(file.name);
      case "instrument":
      case undefined:
        return false;
      default:
        return true;
    }
  });
  return [...files, ...rotationOf(registry, name)];
}

/** Rotation dates of keys; empty without a file. */
function rotationOf({ dir }: Registry, name: string): [string, string][] {
  try {
    return [[`rotation/${name}.yaml`, Deno.readTextFileSync(rotationPath(dir, name))]];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
