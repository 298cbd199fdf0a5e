import { readClients } from "../client/client_context.ts";
import { CLIENTS_FILE_VIEW, clientsFileOf } from "../client/clients_file.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { choice, on } from "../command/flag.ts";
import { render } from "../render.ts";

export default defineCommand({
  name: "client export",
  brief: "Print clients with their entitlements and limits, without secrets",
  description:
    "Keys are left out; --hashes adds their hashes, so that the keys stay valid where the " +
    "file is imported. A key cannot be derived from its hash, but keep such a file private.",
  examples: ["ssmd client export > clients.yaml", "ssmd client export --hashes --output json"],
  flags: {
    ...CLIENT_FLAGS,
    hashes: on("Include the hashes of the keys"),
    output: choice(["yaml", "json"], "yaml or json", { default: "yaml" }),
  },
  prints: CLIENTS_FILE_VIEW,
  async run({ flags, context }) {
    const value = await readClients(
      context,
      flags,
      async ({ admin, environment }) =>
        clientsFileOf(environment.name, await admin.accounts(), flags.hashes),
    );
    context.process.stdout.write(render({ value, rows: [] }, flags.output));
  },
});
