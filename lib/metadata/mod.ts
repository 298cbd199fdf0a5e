/** The registry: loads and checks feed, calendar and environment files, and the keys they refer to. @module */
export {
  type Environment,
  ENVIRONMENT_FILE,
  type GatewaySpec,
  type KeySpec,
  type SchedulerSpec,
} from "./environment.ts";
export { type CaptureLocation, type Feed, todayUtc, versionOn } from "./feed.ts";
export type { Calendar } from "./calendar.ts";
export { TradingDays } from "./trading_days.ts";
export { openSpans } from "./calendar_hours.ts";
export {
  type RegisteredSchema,
  SCHEMA_STATUSES,
  type SchemaStatus,
  schemaVersionOn,
} from "./schema.ts";
export { capturedEnvironment, recordCaptured } from "./captured_environment.ts";
export {
  type EnvironmentChange,
  environmentChange,
  environmentRevision,
  type MarketChoice,
  SHARD_OWNER_STORE,
  SYMBOLS_STORE,
  symbolsOfFeed,
  tellChoice,
} from "./environment_change.ts";
export {
  type CrossedBookCheck,
  type DuplicateIdsCheck,
  type MaxGapCheck,
  type MonotonicTimeCheck,
  type PresenceCheck,
  type QaCheck,
  type QaRules,
  type RangeCheck,
} from "./qa.ts";
export {
  ASSET_CLASSES,
  decodeInstrument,
  encodeInstrument,
  figiProblem,
  INSTRUMENT_FILE,
  INSTRUMENT_STORE,
  type InstrumentFile,
  instrumentKey,
  instrumentOfKey,
  type InstrumentTime,
  type InstrumentVersion,
  isSameInstrument,
  LIFE_STATES,
  type Resolved,
  SecurityMaster,
  usOfInstant,
  withNews,
} from "./instruments/mod.ts";
export { type Enrichment, enrichmentOf } from "./enrichment.ts";
export { type FeedChecks, loadFeedChecks } from "./feed_checks.ts";
export { type Rbac, RBAC_FILE, type Role, type RoleBinding, ROLES } from "./rbac.ts";
export { schemaHash, type SchemaTextCheck } from "./schema_references.ts";
export {
  REGISTRY_FOLDERS,
  type RegistryFileId,
  registryFileIdOf,
  type RegistryKind,
  registryPathOf,
} from "./registry_file.ts";
export { compareFindings, type Finding, findingsError, formatFinding } from "./finding.ts";
export { changeText, valueChanges } from "./changes.ts";
export { textDiff } from "./text_diff.ts";
export { YamlEdit, yamlText } from "./edit.ts";
export { editorLine, jsonSchemas } from "./json_schema.ts";
export { type CheckResult, checkSources, type SourceFile } from "./check.ts";
export { YamlSource } from "./document.ts";
export {
  listEnvironments,
  loadCalendar,
  loadEnrichment,
  loadEnvironment,
  loadFeed,
  loadInstruments,
  loadPolicies,
  loadQaRules,
  loadRbac,
} from "./registry.ts";
export { findRegistry } from "./find_registry.ts";
export { readFeedNames, readRegistryTexts } from "./registry_folder.ts";
export { type Origin, registryTextsOn } from "./registry_texts.ts";
export { changedPaths, git, hasHistory, historyOf, textIn } from "./git.ts";
export { resolveKeys } from "./keys.ts";
export { keySourceOf, type KeySources, keyVariable, readKey, whereOf } from "./key_source.ts";
export { parseYaml } from "./parse_yaml.ts";
export { safeYaml } from "./safe_yaml.ts";
export { shapeFindings } from "./key_shape.ts";
export {
  EXPIRING_DAYS,
  exportKeyAges,
  type KeyAge,
  keyAges,
  loadRotations,
  rotationPath,
  type Rotations,
  rotationsText,
} from "./key_age.ts";
export { type KeyAccess, reported } from "./key_access.ts";
export {
  scopeOf,
  seal,
  SEAL_SCOPES,
  type SealedSecret,
  sealedSecret,
  sealedSecretText,
  type SealingKey,
  sealingKeyOf,
  type SealTarget,
} from "./sealed_secret.ts";
export {
  auditLocation,
  type AuditLocationConfig,
  auditStorePath,
  type ClientStoreConfig,
  clientStoreConfig,
  clientStorePath,
} from "./client_store_config.ts";
export { openCredentials } from "./credentials_reader.ts";
export {
  agentStorePath,
  dataDirOf,
  type DeployedSymbol,
  type Deployment,
  feedbackPath,
  loadDeployment,
  loadSharedDeployment,
  restBeside,
} from "./deployment.ts";
export { loadStorage } from "./deployed_storage.ts";
export { type DeployedIssues } from "./deployed_issues.ts";
export { type DeployedAgents, type DeployedWebhook } from "./deployed_agents.ts";
export { type Policy, type PolicyAction } from "./policy.ts";
export { NO_ACTION } from "./policy_references.ts";
export {
  orderedSymbols,
  shardMoves,
  shardsOfFeed,
  symbolsByShard,
  symbolsOfShard,
} from "./shards.ts";
export { followSymbols } from "./follow_symbols.ts";
export { isAbout, isOver, type Selector } from "./selected_symbols.ts";
export {
  READ_ONLY_MODE,
  readOnlyError,
  readOnlyMode,
  readOnlyModeIn,
  setReadOnlyMode,
} from "./read_only.ts";
export { journalConfig } from "./journal_config.ts";
export { schedulerCredentials } from "./scheduler_credentials.ts";
