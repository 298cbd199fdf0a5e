import type { z } from "zod";
import { type SourceFile, YamlSource } from "./document.ts";
import type { Environment } from "./environment.ts";
import { environmentReferences } from "./environment_references.ts";
import { environmentShape } from "./environment_shape.ts";
import { type Feed, todayUtc } from "./feed.ts";
import { feedReferences } from "./feed_references.ts";
import { feedShape } from "./feed_shape.ts";
import { compareFindings, type Finding } from "./finding.ts";
import { issueTexts } from "./issue_text.ts";

export type { SourceFile } from "./document.ts";

/** Options of {@linkcode checkSources}. */
export interface CheckOptions {
  /** The day whose feed versions count, `YYYY-MM-DD`; default today. */
  on?: string;
  /** Feeds that exist beside those given; default none. */
  knownFeeds?: readonly string[];
}

/** What a check brought: all findings in order, and the files that are sound by themselves. */
export interface CheckResult {
  /** All findings, by file and place. */
  findings: Finding[];
  /** Sound feeds by id. */
  feeds: Map<string, Feed>;
  /** Environments of sound shape by name; their references may still have findings. */
  environments: Map<string, Environment>;
}

/** What kind of registry file a path is. */
type FileKind = "feed" | "environment";

/**
 * Checks registry files and all references between them: `…/feeds/<id>.yaml` and
 * `…/environments/<name>.yaml`. Pure: reads no file. Files of other folders are refused with a
 * finding.
 */
export function checkSources(
  files: readonly SourceFile[],
  options: CheckOptions = {},
): CheckResult {
  const result: CheckResult = { findings: [], feeds: new Map(), environments: new Map() };
  const sources = files.map((file) => ({ yaml: new YamlSource(file), place: placeOf(file.path) }));
  for (const { yaml, place } of sources) {
    result.findings.push(...yaml.findings);
    if (place?.kind === "feed") checkFeed(yaml, place.name, result);
    if (place === undefined) {
      const message =
        "not a file of the registry; allowed: feeds/<id>.yaml, environments/<name>.yaml";
      result.findings.push(yaml.finding([], message));
    }
  }
  const known = new Set(options.knownFeeds ?? []);
  for (const { place } of sources) if (place?.kind === "feed") known.add(place.name);
  const registry = {
    feeds: result.feeds,
    feedIds: [...known].sort(),
    on: options.on ?? todayUtc(),
  };
  for (const { yaml, place } of sources) {
    if (place?.kind !== "environment" || yaml.findings.length > 0) continue;
    const environment = shaped(yaml, environmentShape, result.findings);
    const references = environmentReferences(yaml, place.name, registry);
    result.findings.push(...references);
    if (environment) result.environments.set(place.name, environment);
  }
  result.findings.sort(compareFindings);
  return result;
}

function checkFeed(yaml: YamlSource, id: string, result: CheckResult): void {
  if (yaml.findings.length > 0) return;
  const feed = shaped(yaml, feedShape, result.findings);
  result.findings.push(...feedReferences(yaml, id));
  if (feed) result.feeds.set(id, feed);
}

function shaped<T>(yaml: YamlSource, shape: z.ZodType<T>, findings: Finding[]): T | undefined {
  const parsed = shape.safeParse(yaml.value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    for (const { path, message, atKey } of issueTexts(issue, yaml.value)) {
      findings.push(atKey ? yaml.findingAtKey(path, message) : yaml.finding(path, message));
    }
  }
  return undefined;
}

function placeOf(path: string): { kind: FileKind; name: string } | undefined {
  const match = /(?:^|[/\\])(feeds|environments)[/\\]([^/\\]+)\.yaml$/.exec(path);
  if (!match?.[2]) return undefined;
  return { kind: match[1] === "feeds" ? "feed" : "environment", name: match[2] };
}
