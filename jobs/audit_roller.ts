import { dayOfUs } from "@ssmd/archive";
import { openAuditLog, rollAudit } from "@ssmd/audit";
import { auditLocation, type Environment } from "@ssmd/metadata";
import { type Logger, messageOf } from "@ssmd/runtime";
import { keyAudit } from "@ssmd/service";
import { openStorage, type StorageConfig } from "@ssmd/storage";

/** Options of {@linkcode AuditRoller}. */
interface AuditRollerOptions {
  environment: Environment;
  dataDir: string;
  storage: StorageConfig;
  nowUs: () => number;
  /** Nothing is done before this moment, µs. */
  notBeforeUs: number;
  logger: Logger;
}

/** Brings days of the audit log that are over into storage, once a day. */
export class AuditRoller {
  #options: AuditRollerOptions;
  #day = "";

  constructor(options: AuditRollerOptions) {
    this.#options = options;
  }

  /** Rolls with the first call of a day; never throws. What failed is tried again the next day. */
  async tick(): Promise<void> {
    const { environment, dataDir, nowUs, notBeforeUs, logger } = this.#options;
    const { name: env } = environment;
    const day = dayOfUs(nowUs());
    // Storage in memory outlives nothing: the log stays whole in its file.
    if (day === this.#day || nowUs() < notBeforeUs || this.#options.storage.type === "memory") {
      return;
    }
    this.#day = day;
    const location = auditLocation(environment, { dataDir, onKeyAccess: keyAudit("jobs") });
    if (location.type === "sqlite" && !await isThere(location.path)) return;
    try {
      await using log = await openAuditLog(location);
      await using stack = new AsyncDisposableStack();
      const storage = await openStorage(this.#options.storage);
      stack.defer(() => storage.close());
      const rolled = await rollAudit({ env, log, storage }, nowUs() / 1000);
      logger.info("the audit log is rolled", { ...rolled });
    } catch (error) {
      logger.error("the audit log could not be rolled", { error: messageOf(error) });
    }
  }
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
