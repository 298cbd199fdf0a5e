import { ConfigError, nearest, pathExists } from "@ssmd/runtime";
import type { Calendar } from "./calendar.ts";
import { type CheckResult, checkSources, type SourceFile } from "./check.ts";
import { YamlSource } from "./document.ts";
import { type Enrichment, enrichmentOf } from "./enrichment.ts";
import type { Environment } from "./environment.ts";
import type { Feed } from "./feed.ts";
import type { InstrumentFile } from "./instruments/instrument_file.ts";
import { findRegistry } from "./find_registry.ts";
import { findingsError } from "./finding.ts";
import { fieldOf, listOf } from "./untyped.ts";
import type { Policy } from "./policy.ts";
import type { QaRules } from "./qa.ts";
import { type Rbac } from "./rbac.ts";
import { RecentResults } from "./recent_results.ts";
import { fileNamesIn, readRegistryFile, unreadableError } from "./registry_folder.ts";

const CALENDARS = "calendars";
const ENVIRONMENTS = "environments";
const FEEDS = "feeds";
const INSTRUMENTS = "instruments";
const POLICIES = "policies";
const QA = "qa";
const RBAC = "rbac";

/** A start reads the same files for several parts, and checks take longer than reading. */
const checks = new RecentResults<CheckResult>();
const usedFeeds = new RecentResults<string[]>();

/**
 * Loads environment `name` of the registry folder `dir` (`exchanges`) and checks it with its feeds.
 * Throws ConfigError `CONFIG_INVALID` with all findings of its file and its feed files,
 * `CONFIG_NOT_FOUND`, or `CONFIG_UNREADABLE`.
 */
export async function loadEnvironment(dir: string, name: string): Promise<Environment> {
  return (await loadEnvironmentAndFeeds(dir, name)).environment;
}

/** {@linkcode loadEnvironment}, and its feeds by id. */
export async function loadEnvironmentAndFeeds(
  dir: string,
  name: string,
): Promise<{ environment: Environment; feeds: ReadonlyMap<string, Feed> }> {
  await assertListed(dir, ENVIRONMENTS, { what: "environment", name });
  const own = await source(dir, ENVIRONMENTS, name);
  let yaml: YamlSource | undefined;
  const used = usedFeeds.of([own], [], () => {
    yaml = new YamlSource(own);
    return listOf(fieldOf(yaml.value, "feeds")).map(String);
  });
  const knownFeeds = await listFeeds(dir);
  const ids = knownFeeds.filter((id) => used.includes(id));
  const files = await Promise.all(ids.map((id) => source(dir, FEEDS, id)));
  const check = () => checkSources([yaml ?? own, ...files], { knownFeeds });
  const { findings, environments, feeds } = checks.of([own, ...files], knownFeeds, check);
  const environment = environments.get(name);
  if (findings.length > 0 || environment === undefined) throw findingsError(findings);
  return { environment, feeds };
}

/** Loads feed `id` of the registry folder `dir`. Throws like {@linkcode loadEnvironment}. */
export async function loadFeed(dir: string, id: string): Promise<Feed> {
  await assertListed(dir, FEEDS, { what: "feed", name: id });
  const { findings, feeds } = checkSources([await source(dir, FEEDS, id)]);
  const feed = feeds.get(id);
  if (findings.length > 0 || feed === undefined) throw findingsError(findings);
  return feed;
}

/**
 * Loads a feed's calendar; undefined = it names none and is always open. Throws like {@linkcode
 * loadEnvironment}.
 */
export async function loadCalendar(
  dir: string,
  feed: Pick<Feed, "calendar">,
): Promise<Calendar | undefined> {
  const name = feed.calendar;
  if (name === undefined) return undefined;
  await assertListed(dir, CALENDARS, { what: "calendar", name });
  const { findings, calendars } = checkSources([await source(dir, CALENDARS, name)]);
  const calendar = calendars.get(name);
  if (findings.length > 0 || calendar === undefined) throw findingsError(findings);
  return calendar;
}

/**
 * Loads the QA rules of feed `id` of the registry folder `dir`. Throws ConfigError `CONFIG_INVALID`
 * with all findings of the file, `CONFIG_NOT_FOUND`, or `CONFIG_UNREADABLE`.
 */
export async function loadQaRules(dir: string, id: string): Promise<QaRules> {
  await assertListed(dir, QA, { what: "file of checks", name: id });
  const { findings, qa } = checkSources([await source(dir, QA, id)], { knownFeeds: [id] });
  const rules = qa.get(id);
  if (findings.length > 0 || rules === undefined) throw findingsError(findings);
  return rules;
}

/**
 * Loads an environment's enrichers, with the registry's instruments if they need them; undefined =
 * none enabled.
 */
export async function loadEnrichment(
  environment: Environment,
  dir?: string,
): Promise<Enrichment | undefined> {
  const isJoined = environment.enrich?.some(({ type }) => type === "reference_join") ?? false;
  const instruments = isJoined ? await loadInstruments(dir) : new Map<string, InstrumentFile>();
  return enrichmentOf(environment, instruments.values());
}

/** Loads the valid instruments of the registry files. */
export async function loadInstruments(named?: string): Promise<Map<string, InstrumentFile>> {
  const dir = named ?? await findRegistry(Deno.cwd());
  const isThere = await pathExists(`${dir}/${INSTRUMENTS}`);
  if (!isThere) return new Map();
  const [ids, feeds] = [await list(dir, INSTRUMENTS), await listFeeds(dir)];
  const sources = await Promise.all(ids.map((id) => source(dir, INSTRUMENTS, id)));
  const check = () => checkSources(sources, { knownFeeds: feeds });
  return checks.of(sources, feeds, check).instruments;
}

/** Loads the named policies of the registry folder `dir`. Throws like {@linkcode loadQaRules}. */
export async function loadPolicies(dir: string, names: readonly string[]): Promise<Policy[]> {
  return await Promise.all(names.map(async (name) => {
    await assertListed(dir, POLICIES, { what: "policy", name });
    const { findings, policies } = checkSources([await source(dir, POLICIES, name)]);
    const policy = policies.get(name);
    if (findings.length > 0 || policy === undefined) throw findingsError(findings);
    return policy;
  }));
}

/**
 * Loads an environment's roles; undefined = it has no role file. Throws like {@linkcode
 * loadQaRules}.
 */
export async function loadRbac(dir: string, environment: string): Promise<Rbac | undefined> {
  const isThere = await Deno.stat(pathOf(dir, RBAC, environment)).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw unreadableError(pathOf(dir, RBAC, environment), error);
  });
  if (!isThere) return undefined;
  const { findings, rbac } = checkSources([await source(dir, RBAC, environment)]);
  const own = rbac.get(environment);
  if (findings.length > 0 || own === undefined) throw findingsError(findings);
  return own;
}

/** Lists all environments in the registry folder `dir`, sorted. */
export function listEnvironments(dir: string): Promise<string[]> {
  return list(dir, ENVIRONMENTS);
}

/** Lists all feed ids in the registry folder `dir`, sorted. */
export function listFeeds(dir: string): Promise<string[]> {
  return list(dir, FEEDS);
}

function pathOf(dir: string, kind: string, name: string): string {
  return `${dir}/${kind}/${name}.yaml`;
}

async function source(dir: string, kind: string, name: string): Promise<SourceFile> {
  const path = pathOf(dir, kind, name);
  return { path, text: await readRegistryFile(path) };
}

async function list(dir: string, kind: string): Promise<string[]> {
  const path = `${dir}/${kind}`;
  try {
    const names = await fileNamesIn(path);
    return names.filter((name) => name.endsWith(".yaml")).map((name) => name.slice(0, -5)).sort();
  } catch (error) {
    throw unreadableError(path, error);
  }
}

async function assertListed(
  dir: string,
  kind: string,
  { what, name }: { what: string; name: string },
): Promise<void> {
  const names = await list(dir, kind);
  if (names.includes(name)) return;
  const near = nearest(name, names);
  const all = names.join(", ") || "none";
  const meant = near === undefined ? "" : `Did you mean "${near}"? `;
  throw new ConfigError("CONFIG_NOT_FOUND", `There is no ${what} "${name}" in ${dir}/${kind}`, {
    hint: `${meant}There are: ${all}`,
    context: { name, existing: names },
  });
}
