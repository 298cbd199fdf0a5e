import { z } from "zod";
import {
  type AccountChange,
  type Accounts,
  type ApiKey,
  CLIENT_ROLES,
  CLIENT_USES,
  type ClientAccount,
  type Entitlement,
  isHash,
} from "@ssmd/gateway/access";
import { EVENT_TYPES } from "@ssmd/market";
import { parseYaml } from "@ssmd/metadata";
import { ConfigError, messageOf } from "@ssmd/runtime";
import { isoOfMs } from "../format.ts";
import { parseEntitledSymbols } from "./entitlement_input.ts";
import { ENTITLEMENT_VIEW, isoOrNull } from "./views.ts";

const FORMAT = "ssmd clients v1";
const limit = z.int().min(1).nullable();
const time = z.iso.datetime().transform(Date.parse);

const symbols = z.string().refine((text) => {
  try {
    return parseEntitledSymbols(text) === text;
  } catch {
    return false;
  }
}, { error: "must be a symbol, the start of symbols and *, or *" });

const shape = z.strictObject({
  format: z.literal(FORMAT),
  environment: z.string(),
  clients: z.array(z.strictObject({
    client: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
    description: z.string().default(""),
    owner: z.string().default(""),
    role: z.enum(CLIENT_ROLES).default("client"),
    use: z.enum(CLIENT_USES).default("unspecified"),
    enabled: z.boolean().default(true),
    limits: z.strictObject({
      sessions_max: limit.default(null),
      devices_max: limit.default(null),
      requests_per_second_max: limit.default(null),
      messages_per_day_max: limit.default(null),
    }).prefault({}),
    entitlements: z.array(z.strictObject({
      feed: z.string().min(1),
      symbols: symbols.default("*"),
      types: z.union([z.literal("*"), z.array(z.enum(EVENT_TYPES)).min(1)]).default("*"),
      expires: time.nullable().default(null),
    })).default([]),
    keys: z.array(z.strictObject({
      key_id: z.string().regex(/^[0-9A-Za-z]{10}$/),
      label: z.string().default(""),
      hash: z.string().refine(isHash, { error: "must be sha256: and 64 hexadecimal digits" }),
      created: time,
      expires: time.nullable().default(null),
      revoked: time.nullable().default(null),
    })).default([]),
  })),
});

/** Content of a clients file. */
export type ClientsFile = z.output<typeof shape>;

const exportedKey = z.object({
  key_id: z.string(),
  label: z.string(),
  hash: z.string(),
  created: z.string(),
  expires: z.string().nullable(),
  revoked: z.string().nullable(),
});

/** Clients file as printed. */
export const CLIENTS_FILE_VIEW = z.object({
  format: z.literal(FORMAT),
  environment: z.string(),
  clients: z.array(z.object({
    client: z.string(),
    description: z.string(),
    owner: z.string(),
    role: z.enum(CLIENT_ROLES),
    use: z.enum(CLIENT_USES),
    enabled: z.boolean(),
    limits: z.object({
      sessions_max: z.int().nullable(),
      devices_max: z.int().nullable(),
      requests_per_second_max: z.int().nullable(),
      messages_per_day_max: z.int().nullable(),
    }),
    entitlements: z.array(
      ENTITLEMENT_VIEW.pick({ feed: true, symbols: true, types: true, expires: true }),
    ),
    keys: z.array(exportedKey).exactOptional(),
  })),
});

/**
 * Builds a clients file; with `hashes` it includes the keys, so that they stay valid where it is
 * imported. It also includes expired and revoked entries, but no usage.
 */
export function clientsFileOf(environment: string, accounts: Accounts, hashes: boolean) {
  const own = <T extends { client: string }>(list: readonly T[], id: string) =>
    list.filter(({ client }) => client === id);
  return {
    format: FORMAT,
    environment,
    clients: accounts.clients.map((client) => ({
      client: client.id,
      description: client.description,
      owner: client.owner,
      role: client.role,
      use: client.use,
      enabled: client.enabled,
      limits: {
        sessions_max: client.limits.sessionsMax,
        devices_max: client.limits.devicesMax,
        requests_per_second_max: client.limits.requestsPerSecondMax,
        messages_per_day_max: client.limits.messagesPerDayMax,
      },
      entitlements: own(accounts.entitlements, client.id)
        .map(({ feed, symbols, types, expiresAtMs }) => ({
          ...{ feed, symbols, types, expires: isoOrNull(expiresAtMs) },
        })),
      ...(hashes ? { keys: own(accounts.keys, client.id).map(keyInFile) } : {}),
    })),
  };
}

function keyInFile({ id, label, hash, createdAtMs, expiresAtMs, revokedAtMs }: ApiKey) {
  return {
    ...{ key_id: id, label, hash, created: isoOfMs(createdAtMs) },
    expires: isoOrNull(expiresAtMs),
    revoked: isoOrNull(revokedAtMs),
  };
}

/** Parses a clients file, YAML or JSON. Throws ConfigError `CLIENTS_FILE_INVALID` with all mistakes. */
export function parseClientsFile(text: string): ClientsFile {
  let value: unknown;
  try {
    const document = parseYaml(text);
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    value = document.toJS();
  } catch (error) {
    throw invalid(messageOf(error).split("\n")[0] ?? "");
  }
  const result = shape.safeParse(value);
  if (!result.success) throw invalid(z.prettifyError(result.error));
  const names = result.data.clients.map(({ client }) => client);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`client ${twice} stands in it twice`);
  return result.data;
}

function invalid(why: string): ConfigError {
  return new ConfigError("CLIENTS_FILE_INVALID", `The file of clients cannot be used: ${why}`, {
    hint: "ssmd client export prints one that can",
  });
}

/** Changes that replace each client of the same name with the one in the file. */
export function changesOf({ clients }: ClientsFile, accounts: Accounts, nowMs: number) {
  const changes: AccountChange[] = [];
  for (const each of clients) {
    const { client: id, description, owner, role, use, enabled, limits } = each;
    const known = accounts.clients.find((client) => client.id === id);
    const client: ClientAccount = {
      ...{ id, description, owner, role, use, enabled, updatedAtMs: nowMs },
      disconnectedAtMs: known?.disconnectedAtMs ?? 0,
      createdAtMs: known?.createdAtMs ?? nowMs,
      limits: {
        sessionsMax: limits.sessions_max,
        devicesMax: limits.devices_max,
        requestsPerSecondMax: limits.requests_per_second_max,
        messagesPerDayMax: limits.messages_per_day_max,
      },
    };
    changes.push({ put: "client", client });
    for (const old of accounts.entitlements) {
      if (old.client === id) changes.push({ delete: "entitlement", id: old.id });
    }
    for (const given of each.entitlements) {
      const { feed, symbols, types, expires } = given;
      const entitlement: Omit<Entitlement, "id"> = {
        ...{ client: id, feed, symbols, types, createdAtMs: nowMs, expiresAtMs: expires },
      };
      changes.push({ add: "entitlement", entitlement });
    }
    for (const key of each.keys) changes.push({ put: "key", key: keyOf(id, key) });
  }
  return changes;
}

function keyOf(client: string, given: ClientsFile["clients"][number]["keys"][number]): ApiKey {
  return {
    ...{ id: given.key_id, client, label: given.label, hash: given.hash },
    ...{ createdAtMs: given.created, expiresAtMs: given.expires, revokedAtMs: given.revoked },
    ...{ replacedBy: null, lastUsedAtMs: null },
  };
}
