import { type KeySpec, safeYaml } from "@ssmd/metadata";
import { ConfigError, suggestion } from "@ssmd/runtime";
import { UsageError } from "../exit.ts";
import type { DeclaredKey } from "./key_context.ts";
import { SecretPrompt } from "./secret_prompt.ts";

/** Maximum size of stdin, bytes. */
const INPUT_BYTES_MAX = 256 * 1024;

/** Values by field. */
export type Values = Map<string, string>;

/**
 * Reads a key's values from stdin, or prompts for them on a terminal. Throws ConfigError
 * `KEY_INPUT_INVALID`, `KEY_INPUT_TOO_LARGE` or `KEY_INPUT_CANCELLED`, UsageError
 * `KEY_FIELD_UNKNOWN`; messages never repeat the input.
 */
export async function readValues({ name, spec }: DeclaredKey, field?: string): Promise<Values> {
  if (field !== undefined) assertField(name, spec, field);
  const fields = field === undefined ? spec.fields : [field];
  if (!Deno.stdin.isTerminal()) return valuesOf(await allOfStdin(), spec, field);
  const questions = fields.map((each) => `${name}.${each} (not shown): `);
  const answers = await SecretPrompt.ofProcess().ask(questions);
  return filled(new Map(fields.map((each, i) => [each, answers[i] ?? ""])));
}

/** Parses values: the whole text for one field, a YAML or JSON map for several. */
export function valuesOf(text: string, spec: KeySpec, field?: string): Values {
  if (field !== undefined) return filled(new Map([[field, withoutLineEnd(text)]]));
  const map = mapOf(text);
  const [only, ...more] = spec.fields;
  const isMap = map !== undefined && Object.keys(map).every((key) => spec.fields.includes(key));
  if (only !== undefined && more.length === 0 && !isMap) {
    return filled(new Map([[only, withoutLineEnd(text)]]));
  }
  if (!isMap) {
    throw new ConfigError("KEY_INPUT_INVALID", "Stdin is no map of this key's fields", {
      hint: `One line a field: ${spec.fields.map((each) => `${each}: …`).join(", ")}; ` +
        "or name one with --field",
    });
  }
  return filled(new Map(Object.entries(map)));
}

function mapOf(text: string): Record<string, string> | undefined {
  const content = safeYaml(text, "text");
  const entries = typeof content === "object" && content !== null && !Array.isArray(content)
    ? Object.entries(content)
    : [];
  if (entries.length === 0 || !entries.every(([, value]) => typeof value === "string")) {
    return undefined;
  }
  return Object.fromEntries(entries);
}

function filled(values: Values): Values {
  const empty = [...values].filter(([, value]) => value === "").map(([field]) => field);
  if (empty.length === 0) return values;
  throw new ConfigError("KEY_INPUT_INVALID", `Nothing was given for ${empty.join(", ")}`, {
    hint: "Give the value on stdin, or type it at the prompt",
  });
}

function assertField(name: string, spec: KeySpec, field: string): void {
  if (spec.fields.includes(field)) return;
  throw new UsageError("KEY_FIELD_UNKNOWN", `Key ${name} has no such field`, {
    hint: suggestion(field, spec.fields),
  });
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

async function allOfStdin(): Promise<string> {
  let bytes = 0;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of Deno.stdin.readable) {
    bytes += chunk.length;
    if (bytes > INPUT_BYTES_MAX) {
      throw new ConfigError("KEY_INPUT_TOO_LARGE", `Stdin is over ${INPUT_BYTES_MAX} bytes`, {
        hint: "A key is a few kilobytes; is it the right file?",
      });
    }
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
}
