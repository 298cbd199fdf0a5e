import { findClientTables } from "@ssmd/gateway/access";
import { clientStoreConfig, type Deployment } from "@ssmd/metadata";
import { keyAudit } from "@ssmd/service";
import { environmentRunningError, type FoundPart } from "./part.ts";

/** Client tables in a shared PostgreSQL. The audit log in the same schema is kept, as its file would be. */
export async function databaseParts(
  { environment, dataDir }: Deployment,
  opened: AsyncDisposableStack,
): Promise<FoundPart[]> {
  const config = await clientStoreConfig(environment, { dataDir, onKeyAccess: keyAudit("cli") });
  if (config.type !== "postgres") return [];
  const found = opened.use(await findClientTables(config));
  if (found.gateways > 0) {
    throw environmentRunningError(environment.name, `${found.gateways} gateways use its clients`);
  }
  const { tables: items, bytes, remove } = found;
  if (items === 0) return [];
  const { host, pathname } = new URL(config.url);
  const what = `${host}${pathname} schema ${config.schema}: clients, sessions, usage`;
  return [{ where: "database", what, items, bytes, remove }];
}
