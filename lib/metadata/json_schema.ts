import { z } from "zod";
import { calendarShape } from "./calendar_shape.ts";
import { environmentShape } from "./environment_shape.ts";
import { feedShape } from "./feed_shape.ts";
import { qaShape } from "./qa_shape.ts";
import { schemaShape } from "./schema_shape.ts";

const SHAPES = {
  calendar: calendarShape,
  feed: feedShape,
  environment: environmentShape,
  schema: schemaShape,
  qa: qaShape,
} as const;

/** Kinds of registry files that people write. */
export type DescribedKind = keyof typeof SHAPES;

/** The first line of a registry file: editors complete and check it with the JSON Schema that it names. */
export function editorLine(kind: DescribedKind): string {
  return `yaml-language-server: $schema=../${kind}.schema.json`;
}

/** The JSON Schema of every kind of registry file: name in the registry folder → text. */
export function jsonSchemas(): Map<string, string> {
  return new Map(
    Object.entries(SHAPES).map(([kind, shape]) => {
      const schema = {
        title: `ssmd ${kind} file`,
        ...z.toJSONSchema(shape, { io: "input", unrepresentable: "any" }),
      };
      return [`${kind}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}
