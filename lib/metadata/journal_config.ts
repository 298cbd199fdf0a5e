import { ConfigError } from "@ssmd/runtime/errors";
import { type CredentialsReader, KEY_SOURCES } from "./credentials_reader.ts";
import type { Environment } from "./environment.ts";
import { keysOfReferences, resolveKeys } from "./keys.ts";

/** Journal settings; on the bus with address and credentials. */
type DeployedJournal = Exclude<Environment["journal"], { type: "nats" }> | {
  type: "nats";
  env: string;
  url: string[];
  readCredentials?: CredentialsReader;
};

/** Returns an environment's journal. Throws ConfigError `JOURNAL_WITHOUT_BUS` for a memory bus. */
export function journalConfig(environment: Environment): DeployedJournal {
  const { name: env, journal, transport } = environment;
  if (journal.type !== "nats") return journal;
  if (transport.type !== "nats") {
    throw new ConfigError("JOURNAL_WITHOUT_BUS", `The journal of ${env} is on a bus in memory`, {
      hint: "transport: { type: nats, url: … } gives it a bus, journal: { type: file, … } a folder",
    });
  }
  const { url, credentials } = transport;
  const config = { type: "nats", env, url: url.split(",") } as const;
  if (credentials === undefined) return config;
  const keys = keysOfReferences(environment, Object.values(credentials));
  return {
    ...config,
    readCredentials: async () =>
      (await resolveKeys({ ...environment, keys }, KEY_SOURCES)).values(credentials),
  };
}
