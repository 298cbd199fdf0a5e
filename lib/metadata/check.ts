import { type Calendar, CALENDAR_FILE } from "./calendar.ts";
import { calendarReferences } from "./calendar_references.ts";
import { shaped } from "./content.ts";
import { type SourceFile, YamlSource } from "./document.ts";
import { type Environment, ENVIRONMENT_FILE } from "./environment.ts";
import { enrichFindings } from "./enrich_findings.ts";
import { environmentWarnings } from "./environment_warnings.ts";
import { environmentReferences, type ExternalCheck } from "./environment_references.ts";
import { type Feed, FEED_FILE, todayUtc } from "./feed.ts";
import { type ClaimCheck, feedReferences, type KnownNames } from "./feed_references.ts";
import { compareFindings, type Finding } from "./finding.ts";
import { INSTRUMENT_FILE, type InstrumentFile } from "./instruments/instrument_file.ts";
import { instrumentReferences } from "./instruments/instrument_references.ts";
import { type Policy, POLICY_FILE } from "./policy.ts";
import { agentReferences, policyReferences } from "./policy_references.ts";
import { fieldOf, listOf } from "./untyped.ts";
import { QA_FILE, type QaRules } from "./qa.ts";
import { qaReferences } from "./qa_references.ts";
import { type Rbac, RBAC_FILE } from "./rbac.ts";
import { rbacReferences } from "./rbac_references.ts";
import { type RegistryFileId, registryFileIdOf } from "./registry_file.ts";
import { type RegisteredSchema, SCHEMA_FILE } from "./schema.ts";
import { schemaReferences, type SchemaTextCheck } from "./schema_references.ts";
import { shardFindings } from "./shards.ts";
import { symbolFindings } from "./symbol_references.ts";

export type { SourceFile } from "./document.ts";

/** Options of {@linkcode checkSources}. */
interface CheckOptions {
  /** Day that selects feed versions, `YYYY-MM-DD`; default: today. */
  on?: string;
  /** Further existing feeds; default: none. */
  knownFeeds?: readonly string[];
  /** Whether the files are from an earlier commit: unused attributes are then allowed. */
  isPast?: boolean;
  /** Whether the files are complete; otherwise calendars may exist elsewhere. */
  isWhole?: boolean;
  /** Normalizer ids allowed as `parser`; absent = any. */
  parsers?: readonly string[];
  /** Checks a venue's market name, by parser; absent = not checked. */
  externalProblem?: ExternalCheck;
  /** Checks claims of feeds against their normalizers; absent = not checked. */
  claimProblems?: ClaimCheck;
  /** Checks schema texts; absent = only their hashes are checked. */
  checkSchemaText?: SchemaTextCheck;
}

/** Result of a check: sorted findings, and the valid files. */
export interface CheckResult {
  /** All findings, by file and position. */
  findings: Finding[];
  /** Allowed but unusual settings, by file and position. */
  warnings: Finding[];
  /** Calendars of valid shape, by name. */
  calendars: Map<string, Calendar>;
  /** Valid feeds, by id. */
  feeds: Map<string, Feed>;
  /** Environments of valid shape, by name; their references may have findings. */
  environments: Map<string, Environment>;
  /** Schemas of valid shape, by name. */
  schemas: Map<string, RegisteredSchema>;
  /** QA rules of valid shape, by feed. */
  qa: Map<string, QaRules>;
  /** Instruments of valid shape, by id. */
  instruments: Map<string, InstrumentFile>;
  /** Policies of valid shape, by name. */
  policies: Map<string, Policy>;
  /** Roles of valid shape, by environment. */
  rbac: Map<string, Rbac>;
}

interface Source {
  yaml: YamlSource;
  file: RegistryFileId;
}

/**
 * Checks registry files, as text or parsed, and all references between them; `registryFileIdOf`
 * lists their paths. Other paths are a finding. Pure: reads no files.
 */
export function checkSources(
  files: readonly (SourceFile | YamlSource)[],
  options: CheckOptions = {},
): CheckResult {
  const result: CheckResult = {
    findings: [],
    warnings: [],
    calendars: new Map(),
    feeds: new Map(),
    environments: new Map(),
    schemas: new Map(),
    qa: new Map(),
    instruments: new Map(),
    policies: new Map(),
    rbac: new Map(),
  };
  const { sources, texts } = sourcesOf(files, options.isPast, result);
  const calendars = options.isWhole === true ? namesOf("calendar", sources) : undefined;
  for (const { yaml, file } of sources) {
    if (file.kind === "calendar") checkCalendar(yaml, file.name, result);
    if (file.kind === "feed") {
      const { parsers, claimProblems } = options;
      checkFeed(yaml, file.name, { known: { calendars, parsers, claimProblems }, result });
    }
    if (file.kind === "schema") checkSchema(yaml, file.name, { texts, result });
  }
  checkTexts(sources, options, { texts, result });
  checkQa(sources, options, result);
  checkInstruments(sources, options, result);
  checkPolicies(sources, options, result);
  checkEnvironments(sources, options, result);
  checkRbac(sources, options, result);
  result.findings.sort(compareFindings);
  result.warnings.sort(compareFindings);
  return result;
}

function sourcesOf(
  files: readonly (SourceFile | YamlSource)[],
  isPast: boolean | undefined,
  result: CheckResult,
): { sources: Source[]; texts: Map<string, SourceFile> } {
  const sources: Source[] = [];
  const texts = new Map<string, SourceFile>();
  for (const file of files) {
    const isParsed = file instanceof YamlSource;
    const path = isParsed ? file.file : file.path;
    const id = registryFileIdOf(path);
    if (id === undefined) result.findings.push(strangeFile(path));
    else if (id.kind === "schema text" && !isParsed) texts.set(`${id.name}.capnp`, file);
    else {
      const yaml = isParsed ? file : new YamlSource(file, isPast);
      result.findings.push(...yaml.findings);
      sources.push({ yaml, file: id });
    }
  }
  return { sources, texts };
}

function strangeFile(path: string): Finding {
  const message =
    "not a file of the registry. Allowed: calendars/<name>.yaml, environments/<name>.yaml, " +
    "feeds/<id>.yaml, instruments/<id>.yaml, policies/<name>.yaml, qa/<feed>.yaml, " +
    "rbac/<environment>.yaml, schemas/<name>.yaml, schemas/<name>.capnp";
  return { file: path, line: 1, column: 1, path: "", message };
}

function namesOf(kind: RegistryFileId["kind"], sources: readonly Source[]): string[] {
  return sources.flatMap(({ file }) => file.kind === kind ? [file.name] : []).sort();
}

function checkCalendar(yaml: YamlSource, name: string, result: CheckResult): void {
  if (yaml.findings.length > 0) return;
  const calendar = shaped(yaml, CALENDAR_FILE, result.findings);
  result.findings.push(...calendarReferences(yaml, name));
  if (calendar) result.calendars.set(name, calendar);
}

function checkFeed(
  yaml: YamlSource,
  id: string,
  { known, result }: { known: KnownNames; result: CheckResult },
): void {
  if (yaml.findings.length > 0) return;
  const feed = shaped(yaml, FEED_FILE, result.findings);
  result.findings.push(...feedReferences(yaml, id, known));
  if (feed) result.feeds.set(id, feed);
}

function checkSchema(
  yaml: YamlSource,
  name: string,
  { texts, result }: { texts: ReadonlyMap<string, SourceFile>; result: CheckResult },
): void {
  if (yaml.findings.length > 0) return;
  const schema = shaped(yaml, SCHEMA_FILE, result.findings);
  result.findings.push(...schemaReferences(yaml, name, texts));
  if (schema) result.schemas.set(name, schema);
}

/** Reports unregistered and invalid schema texts. */
function checkTexts(
  sources: readonly Source[],
  { checkSchemaText }: CheckOptions,
  { texts, result }: { texts: ReadonlyMap<string, SourceFile>; result: CheckResult },
): void {
  const owners = new Map<string, { yaml: YamlSource; name: string }>();
  for (const { yaml, file } of sources) {
    if (file.kind !== "schema") continue;
    for (const version of listOf(fieldOf(yaml.value, "versions"))) {
      owners.set(String(fieldOf(version, "file")), { yaml, name: file.name });
    }
  }
  for (const [file, { path, text }] of texts) {
    const owner = owners.get(file);
    if (owner === undefined) {
      const message = `no schemas/*.yaml registers this text; ssmd schema register ${
        file.replace(/\.capnp$/, "")
      }`;
      result.findings.push({ file: path, line: 1, column: 1, path: "", message });
    }
    const struct = fieldOf(owner?.yaml.value, "struct");
    const problem = checkSchemaText?.(text, typeof struct === "string" ? struct : undefined);
    if (problem) result.findings.push({ file: path, path: "", ...problem });
  }
}

function feedIdsOf(sources: readonly Source[], { knownFeeds = [] }: CheckOptions): string[] {
  return [...new Set([...knownFeeds, ...namesOf("feed", sources)])].sort();
}

function checkQa(sources: readonly Source[], options: CheckOptions, result: CheckResult): void {
  const feedIds = feedIdsOf(sources, options);
  for (const { yaml, file } of sources) {
    if (file.kind !== "qa" || yaml.findings.length > 0) continue;
    const rules = shaped(yaml, QA_FILE, result.findings);
    result.findings.push(...qaReferences(yaml, file.name, feedIds));
    if (rules) result.qa.set(file.name, rules);
  }
}

function checkInstruments(
  sources: readonly Source[],
  options: CheckOptions,
  result: CheckResult,
): void {
  const feedIds = feedIdsOf(sources, options);
  for (const { yaml, file } of sources) {
    if (file.kind !== "instrument" || yaml.findings.length > 0) continue;
    const instrument = shaped(yaml, INSTRUMENT_FILE, result.findings);
    result.findings.push(...instrumentReferences(yaml, file.name, feedIds));
    if (instrument) result.instruments.set(file.name, instrument);
  }
}

function checkPolicies(
  sources: readonly Source[],
  { isWhole }: CheckOptions,
  result: CheckResult,
): void {
  for (const { yaml, file } of sources) {
    if (file.kind !== "policy" || yaml.findings.length > 0) continue;
    const policy = shaped(yaml, POLICY_FILE, result.findings);
    result.findings.push(...policyReferences(yaml, file.name));
    if (policy) result.policies.set(file.name, policy);
  }
  const names = isWhole === true ? namesOf("policy", sources) : undefined;
  for (const { yaml, file } of sources) {
    if (file.kind !== "environment" || yaml.findings.length > 0) continue;
    result.findings.push(...agentReferences(yaml, names, result.policies));
  }
}

function checkRbac(
  sources: readonly Source[],
  { isWhole }: CheckOptions,
  result: CheckResult,
): void {
  const valid = result.environments;
  for (const { yaml, file } of sources) {
    if (file.kind !== "rbac" || yaml.findings.length > 0) continue;
    const rbac = shaped(yaml, RBAC_FILE, result.findings);
    const names = isWhole === true ? namesOf("environment", sources) : [file.name];
    result.findings.push(...rbacReferences(yaml, file.name, { names, valid }));
    if (rbac) result.rbac.set(file.name, rbac);
  }
}

function checkEnvironments(
  sources: readonly Source[],
  options: CheckOptions,
  result: CheckResult,
): void {
  const schemaNames = namesOf("schema", sources);
  const registry = {
    feeds: result.feeds,
    feedIds: feedIdsOf(sources, options),
    on: options.on ?? todayUtc(),
    ...(options.externalProblem && { externalProblem: options.externalProblem }),
    ...(schemaNames.length === 0 ? {} : { schemas: result.schemas, schemaNames }),
  };
  const valid: YamlSource[] = [];
  for (const { yaml, file } of sources) {
    if (file.kind !== "environment" || yaml.findings.length > 0) continue;
    const environment = shaped(yaml, ENVIRONMENT_FILE, result.findings);
    result.findings.push(...environmentReferences(yaml, file.name, registry));
    result.findings.push(...shardFindings(yaml, environment));
    if (!environment) continue;
    result.findings.push(...enrichFindings(yaml, environment));
    result.environments.set(file.name, environment);
    result.warnings.push(...environmentWarnings(yaml, environment));
    valid.push(yaml);
  }
  result.findings.push(...symbolFindings(valid));
}
