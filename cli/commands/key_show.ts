import { buildCommand, type Command } from "@stricli/core";
import { type KeySpec, placeOf, readKey, whereOf } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import { KEY_FLAGS, KEY_NAME, type KeyFlags } from "../keys/flags.ts";
import { accessTo, type KeyRoom, onlyName, specOf, withKeyRoom } from "../keys/key_room.ts";
import { sealedPath, storeOf } from "../keys/key_store.ts";
import { ageOf } from "../keys/written_key.ts";
import { render } from "../render.ts";

interface Flags extends KeyFlags {
  env: string;
}

/** `ssmd key show` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: {
    brief: "Show a key: where each field is, and whether it is there",
    fullDescription: "Show a key: where each field is, and whether it is there. Values are never " +
      "shown.\n\nEXAMPLES\n  ssmd key show kalshi --env kalshi\n" +
      "  ssmd key show kalshi --env kalshi --output yaml",
  },
  parameters: { flags: { env: ENV_NEEDED_FLAG, ...KEY_FLAGS }, positional: KEY_NAME },
  func: runShow,
});

async function runShow(this: SsmdContext, flags: Flags, ...words: string[]): Promise<void> {
  const { stdout } = this.process;
  const name = onlyName(words);
  const value = await withKeyRoom(
    this,
    flags.env,
    accessTo("show", name),
    (room) => shown(room, name, specOf(room, name)),
  );
  const { fields, ...facts } = value;
  const rows = [
    ...Object.entries(facts).map(([what, each]) => ({ what, value: each })),
    ...fields.map(({ field, where, state }) => ({ what: field, value: `${state}: ${where}` })),
  ];
  stdout.write(render({ value, rows }, flags.output));
}

async function shown(room: KeyRoom, name: string, spec: KeySpec) {
  const { rotatedAt, expiresAt, expiresInDays, state } = ageOf(room, name) ?? { state: "unknown" };
  return {
    environment: room.environment.name,
    key: name,
    type: spec.type,
    source: spec.source,
    required: spec.required,
    rotation_days: spec.rotation_days ?? null,
    rotated_at: rotatedAt ?? null,
    expires_at: expiresAt ?? null,
    expires_in_days: expiresInDays ?? null,
    state,
    fields: await fieldsOf(room, name, spec),
  };
}

async function fieldsOf(room: KeyRoom, name: string, spec: KeySpec) {
  const values = await readKey(name, { ...spec, required: false }, room.sources);
  const place = placeOf(spec);
  const sealed = place.kind === "sealed-secret"
    ? await storeOf(room, name, spec, {}).present()
    : [];
  return spec.fields.map((field) => {
    const isSealed = !values.has(field) && new Set(sealed).has(field);
    const where = isSealed && place.kind === "sealed-secret"
      ? sealedPath(room, place.secret)
      : whereOf(name, field, spec, room.sources).replace(/^.*? \((.*)\)$/, "$1");
    return { field, state: values.has(field) ? "set" : isSealed ? "sealed" : "missing", where };
  });
}
