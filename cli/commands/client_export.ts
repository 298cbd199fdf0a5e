import { buildCommand, type Command } from "@stricli/core";
import { readClients } from "../client/client_room.ts";
import { clientsFileOf } from "../client/clients_file.ts";
import { ROOM_FLAGS } from "../client/flags.ts";
import type { SsmdContext } from "../context.ts";
import { docs } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags {
  env: string;
  data?: string;
  hashes: boolean;
  output: typeof FORMATS[number];
}

const FORMATS = ["yaml", "json"] as const;

/** `ssmd client export` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: docs(
    "Print clients with their entitlements and limits, without secrets",
    "Keys are left out; with --hashes they are in it as hashes, so that they go on to hold where the " +
      "file is imported. No key can be made from a hash, but keep such a file to yourself.",
    ["ssmd client export > clients.yaml", "ssmd client export --hashes --output json"],
  ),
  parameters: {
    flags: {
      ...ROOM_FLAGS,
      hashes: {
        kind: "boolean",
        brief: "With the hashes of the keys",
        default: false,
        withNegated: false,
      },
      output: { kind: "enum", values: FORMATS, default: "yaml", brief: "yaml or json" },
    },
  },
  async func(flags) {
    const value = await readClients(
      this,
      flags,
      async ({ admin, environment }) =>
        clientsFileOf(environment.name, await admin.accounts(), flags.hashes),
    );
    this.process.stdout.write(render({ value, rows: [] }, flags.output));
  },
});
