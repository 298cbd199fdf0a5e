import { z } from "zod";
import { keySourceOf, keyVariable, readKey } from "@ssmd/metadata";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { type DeclaredKey, useEachKey } from "../keys/key_context.ts";
import { storeOf } from "../keys/key_store.ts";
import { keepOutOfGit } from "../keys/private_file.ts";

const PREPARED_KEY = z.object({
  environment: z.string(),
  key: z.string(),
  source: z.string(),
  missing: z.array(z.string()).describe("Fields without a value"),
  next: z.string().describe("Next step"),
});

export default defineCommand({
  name: "key init",
  brief: "Create the files and folders for all keys, and list the missing values",
  description:
    "Creates the folders of key files, readable by this user only, makes git ignore them, " +
    "and prints the next step for each key. A second run changes nothing.",
  changes: "security-events",
  examples: ["ssmd key init --env kalshi"],
  flags: { env: ENVIRONMENT_REQUIRED },
  output: z.array(PREPARED_KEY),
  table: rowsOf("key"),
  run: ({ flags, context }) => useEachKey(context, { env: flags.env, action: "init" }, prepareKey),
});

async function prepareKey(key: DeclaredKey): Promise<z.output<typeof PREPARED_KEY>> {
  const { keys: { environment, sources }, name, spec } = key;
  const source = keySourceOf(spec);
  if (source.kind === "file") await keepOutOfGit(source.path);
  const present = source.kind === "sealed-secret"
    ? await storeOf(key).present()
    : new Set((await readKey(name, { ...spec, required: false }, sources)).keys());
  const missing = spec.fields.filter((field) => !present.has(field));
  return {
    ...{ environment: environment.name, key: name, source: spec.source, missing },
    next: missing.length === 0 ? "nothing" : nextStep(key, missing),
  };
}

function nextStep({ keys, name, spec }: DeclaredKey, missing: readonly string[]): string {
  const source = keySourceOf(spec);
  const set = `ssmd key set ${name} --env ${keys.environment.name}`;
  switch (source.kind) {
    case "env":
      return `export ${missing.map((field) => `${keyVariable(name, field)}=…`).join(" ")}`;
    case "mount":
      return `mount the secret at ${source.dir}`;
    case "sealed-secret":
      return `${set} --cert sealing.pem --namespace …`;
    case "file":
      return set;
  }
}
