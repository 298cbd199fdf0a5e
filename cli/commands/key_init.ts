import { buildCommand, type Command } from "@stricli/core";
import { type KeySpec, keyVariable, placeOf, readKey } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import { KEY_FLAGS, type KeyFlags } from "../keys/flags.ts";
import { type KeyRoom, withKeyRoom } from "../keys/key_room.ts";
import { storeOf } from "../keys/key_store.ts";
import { keepOutOfGit } from "../keys/private_file.ts";
import { render } from "../render.ts";

interface Flags extends KeyFlags {
  env: string;
}

/** `ssmd key init` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: {
    brief: "Prepare the places of all keys, and say what is still to be set",
    fullDescription: "Prepare the places of all keys, and say what is still to be set: makes the " +
      "folders of key files for this user only, has git ignore them, and prints the next step for " +
      "each key. Doing it again changes nothing.\n\n" +
      "EXAMPLES\n  ssmd key init --env kalshi",
  },
  parameters: { flags: { env: ENV_NEEDED_FLAG, ...KEY_FLAGS } },
  func: runInit,
});

async function runInit(this: SsmdContext, flags: Flags): Promise<void> {
  const { stdout } = this.process;
  const value = await withKeyRoom(
    this,
    flags.env,
    ({ environment }) => ({ action: "init", keys: Object.keys(environment.keys) }),
    async (room) => {
      const keys = Object.entries(room.environment.keys);
      return await Promise.all(keys.map(([name, spec]) => prepared(room, name, spec)));
    },
  );
  const rows = value.map(({ missing, next, ...rest }) => ({
    ...rest,
    missing: missing.join(" "),
    next,
  }));
  const columns = ["environment", "key", "source", "missing", "next"];
  stdout.write(render({ value, rows, columns }, flags.output));
}

async function prepared(room: KeyRoom, name: string, spec: KeySpec) {
  const place = placeOf(spec);
  if (place.kind === "file") await keepOutOfGit(place.path);
  const there = place.kind === "sealed-secret"
    ? await storeOf(room, name, spec, {}).present()
    : new Set((await readKey(name, { ...spec, required: false }, room.sources)).keys());
  const missing = spec.fields.filter((field) => !there.has(field));
  return {
    environment: room.environment.name,
    key: name,
    source: spec.source,
    missing,
    next: missing.length === 0 ? "nothing" : nextStep(room, name, spec, missing),
  };
}

function nextStep(room: KeyRoom, name: string, spec: KeySpec, missing: readonly string[]): string {
  const place = placeOf(spec);
  const set = `ssmd key set ${name} --env ${room.environment.name}`;
  switch (place.kind) {
    case "env":
      return `export ${missing.map((field) => `${keyVariable(name, field)}=…`).join(" ")}`;
    case "mount":
      return `mount the secret at ${place.dir}`;
    case "sealed-secret":
      return `${set} --cert sealing.pem --namespace …`;
    case "file":
      return set;
  }
}
