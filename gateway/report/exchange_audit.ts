import { dayOfMs, VERSION } from "@ssmd/runtime";
import type { z } from "zod";
import { ClientAdmin } from "../access/client_admin.ts";
import type { ClientStore } from "../access/client_store.ts";
import { ACCESS_LIMITS } from "../access/limits.ts";
import type { Month } from "./month.ts";
import { isoOfMs, monthTables, type Row } from "./month_tables.ts";
import { type MANIFEST, packed } from "./report_package.ts";

/** Options of {@linkcode exchangeAudit}. */
interface ExchangeAuditOptions {
  env: string;
  month: Month;
  store: ClientStore;
  /** Gaps of the archive; undefined = the environment has no persistent archive. */
  gaps: readonly Row[] | undefined;
}

/** Packs a month for an exchange's auditor. Throws the store's errors. */
export async function exchangeAudit(
  { env, month, store, gaps }: ExchangeAuditOptions,
): Promise<{ zip: Uint8Array; manifest: z.output<typeof MANIFEST> }> {
  const within = { fromMs: month.fromMs, toMs: month.toMs };
  const history = await store.entitlementHistory();
  const tables = monthTables({
    ...{ month, accounts: await new ClientAdmin(store).accounts() },
    entitlements: history.entitlements,
    usage: await store.usage({ fromDay: `${month.month}-01`, toDay: `${month.month}-31` }),
    sessions: await store.sessions({ within, limit: Number.MAX_SAFE_INTEGER }),
  });
  const notes = notesOf(month, history.sinceMs);
  if (gaps === undefined) {
    notes.push("Gaps: nothing of the environment is archived here");
  }
  return packed({ ...tables, gaps: gaps ?? [] }, {
    ...{ format: "ssmd exchange audit v1", environment: env, month: month.month },
    ...{ made: isoOfMs(Date.now()), software: `ssmd ${VERSION}`, notes },
  });
}

/** Returns caveats about the numbers. */
function notesOf({ fromMs, toMs, month }: Month, entitlementsSinceMs: number): string[] {
  const sessionsSinceMs = Date.now() - ACCESS_LIMITS.sessionsKeptMs;
  return [
    ...toMs > Date.now() ? [`${month} is not over: the numbers are those until now`] : [],
    ...sessionsSinceMs > fromMs
      ? [
        `Sessions that ended before ${
          dayOfMs(sessionsSinceMs)
        } are not kept; peaks are without them`,
      ]
      : [],
    ...entitlementsSinceMs > fromMs
      ? [`Entitlements that were taken away before ${isoOfMs(entitlementsSinceMs)} are not known`]
      : [],
  ];
}
