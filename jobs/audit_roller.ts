import { dayOfUs } from "@ssmd/archive";
import { openAuditLog, rollAudit } from "@ssmd/audit";
import { auditLocation, type Environment } from "@ssmd/metadata";
import { type Logger, messageOf, pathExists } from "@ssmd/runtime";
import { keyAudit } from "@ssmd/service";
import { openStorage, type StorageConfig } from "@ssmd/storage";

/** Options of {@linkcode AuditRoller}. */
interface AuditRollerOptions {
  environment: Environment;
  dataDir: string;
  storage: StorageConfig;
  nowUs: () => number;
  /** Nothing is rolled before this time, µs. */
  notBeforeUs: number;
  logger: Logger;
}

/** Rolls finished days of the audit log into storage, once a day. */
export class AuditRoller {
  #options: AuditRollerOptions;
  #day = "";

  constructor(options: AuditRollerOptions) {
    this.#options = options;
  }

  /** Rolls on the first call of a day; never throws. A failure is retried the next day. */
  async tick(): Promise<void> {
    const { environment, dataDir, nowUs, notBeforeUs, logger } = this.#options;
    const { name: env } = environment;
    const day = dayOfUs(nowUs());
    // Memory storage is lost on exit, so the log stays in its file.
    if (day === this.#day || nowUs() < notBeforeUs || this.#options.storage.type === "memory") {
      return;
    }
    this.#day = day;
    const location = auditLocation(environment, { dataDir, onKeyAccess: keyAudit("jobs") });
    if (location.type === "sqlite" && !await pathExists(location.path)) return;
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
