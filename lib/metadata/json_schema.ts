import { z } from "zod";
import { CALENDAR_FILE } from "./calendar.ts";
import { ENVIRONMENT_FILE } from "./environment.ts";
import { FEED_FILE } from "./feed.ts";
import { INSTRUMENT_FILE } from "./instruments/instrument_file.ts";
import { POLICY_FILE } from "./policy.ts";
import { QA_FILE } from "./qa.ts";
import { RBAC_FILE } from "./rbac.ts";
import { SCHEMA_FILE } from "./schema.ts";

const FILES = {
  calendar: CALENDAR_FILE,
  feed: FEED_FILE,
  environment: ENVIRONMENT_FILE,
  schema: SCHEMA_FILE,
  qa: QA_FILE,
  instrument: INSTRUMENT_FILE,
  policy: POLICY_FILE,
  rbac: RBAC_FILE,
} as const;

/** Registry file kinds written by people. */
export type DescribedKind = keyof typeof FILES;

/** Returns the first line of a registry file, which links its JSON Schema for editors. */
export function editorLine(kind: DescribedKind): string {
  return `yaml-language-server: $schema=../${kind}.schema.json`;
}

/** Returns the JSON Schema of a file kind, for input values. */
export function jsonSchemaOf(kind: DescribedKind): Readonly<Record<string, unknown>> {
  return {
    title: `ssmd ${kind} file`,
    ...z.toJSONSchema(FILES[kind], { io: "input", unrepresentable: "any" }),
  };
}

/** Returns the JSON Schemas of all file kinds: name in the registry folder → text. */
export function jsonSchemas(): Map<string, string> {
  const kinds = Object.keys(FILES) as DescribedKind[];
  return new Map(
    kinds.map((kind) => [
      `${kind}.schema.json`,
      `${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`,
    ]),
  );
}
