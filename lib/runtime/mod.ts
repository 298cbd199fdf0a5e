/** Foundation of all packages: errors, log, metrics, clock, retry, limits. No internal imports. @module */
export {
  ArchiveError,
  CacheError,
  ConfigError,
  isRetryable,
  JournalError,
  messageOf,
  SsmdError,
  type SsmdErrorOptions,
  StorageError,
  systemCodeOf,
  TransportError,
  UsageError,
  VenueError,
} from "./errors.ts";
export { createLogger, type Logger, type LogLevel, recentLog, silentLogger } from "./log.ts";
export { METRICS_CONTENT_TYPE } from "./metric_registry.ts";
export { Metrics } from "./metrics.ts";
export { exportProcess } from "./process_metrics.ts";
export { type ClockReadings, isoOfUs, msOfIso, nowUs, SteadyClock, usOfIso } from "./clock.ts";
export { Chaos } from "./chaos.ts";
export { CIRCUIT_STATES, CircuitBreaker } from "./circuit_breaker.ts";
export { Backoff, beginLasting, Pause, sleep } from "./retry.ts";
export { seededRandom } from "./seeded_random.ts";
export { RunningTime } from "./running_time.ts";
export { inTransaction } from "./transaction.ts";
export { inGroups } from "./in_groups.ts";
export { CellLease, type LeaseCell } from "./lease.ts";
export { ServiceLease } from "./service_lease.ts";
export { LIMITS } from "./limits.ts";
export { endProcess } from "./end_process.ts";
export { isLoopback } from "./loopback.ts";
export { DAY_MS, DAY_US, DAY_WORDS, dayNamed, dayOfMs } from "./day.ts";
export { formatDurationMs, parseDurationMs } from "./duration.ts";
export { nearest, suggestion } from "./suggest.ts";
export { ComponentHealth, Health, livenessReasons, readinessReport } from "./health.ts";
export { ProgressWatch } from "./progress_watch.ts";
export { serveMetrics } from "./scrape.ts";
export { surviveUncaughtErrors } from "./last_handler.ts";
export { freeDescriptors } from "./descriptors.ts";
export { cleanText, withoutInvisible } from "./clean_text.ts";
export { childEnvironment } from "./child_environment.ts";
export { companionPath } from "./companion_path.ts";
export { untilSignal } from "./signals.ts";
export { makeTemporaryFolder } from "./temporary_folder.ts";
export { refusalHint, refusalIn } from "./refusal.ts";
export { announceRunning, runningProcesses } from "./running_file.ts";
export { portOf, runService } from "./service.ts";
export { startWhole } from "./start.ts";
export { COMMIT, VERSION } from "./build.ts";
export { withMembers } from "./with_members.ts";
export { withoutVariables } from "./without_variables.ts";
export { cacheDir } from "./cache_dir.ts";
export { createPrivateFile } from "./create_private_file.ts";
export { pathExists } from "./path_exists.ts";
export { assertPair, certificatesOf } from "./pem.ts";
export { writingTo } from "./output_error.ts";
export {
  lockFolder,
  syncFolder,
  TEMPORARY_PREFIX,
  temporaryPath,
  writeFileAtomically,
} from "./atomic_file.ts";
