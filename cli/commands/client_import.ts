import { z } from "zod";
import { type Accounts, ClientError } from "@ssmd/gateway/access";
import { ConfigError, messageOf } from "@ssmd/runtime";
import { changeClients, readClients } from "../client/client_context.ts";
import { changesOf, type ClientsFile, parseClientsFile } from "../client/clients_file.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { file, on } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";
import { countText } from "../format.ts";

const CHANGE = z.object({
  client: z.string(),
  change: z.enum(["create", "replace"]),
  entitlements: z.int(),
  keys: z.int(),
});

export default defineCommand({
  name: "client import",
  brief: "Create clients from a file",
  description:
    "Imports all of the file or nothing. Existing clients are refused; with --replace they " +
    "and their entitlements are replaced by those of the file. Keys and clients that the " +
    "file does not name are not changed. - reads stdin.",
  changes: "client-actions",
  examples: [
    "ssmd client import clients.yaml --dry-run",
    "ssmd client import - --dry-run < clients.yaml",
    "ssmd client import clients.yaml --replace --yes",
  ],
  flags: {
    ...CLIENT_FLAGS,
    replace: on("Also replace existing clients"),
    dryRun: DRY_RUN,
  },
  args: [file("File to read, - for stdin", { required: true })],
  output: z.array(CHANGE),
  table: rowsOf("client"),
  async run({ flags: { replace, dryRun, ...flags }, args: [path], context }) {
    const clients = parseClientsFile(await textOf(path));
    const before = await readClients(context, flags, ({ admin }) => admin.accounts());
    const changes = changesIn(clients, before);
    assertNew(clients, before, replace);
    if (dryRun) return changes;
    const replaced = changes.filter(({ change }) => change === "replace").length;
    if (replaced > 0) assertConfirmed(context, `Replace ${countText(replaced, "client")}?`);
    await changeClients(context, flags, {
      action: { action: "import" },
      body: ({ admin, environment }) => {
        assertFeeds(clients, environment.feeds);
        return admin.change((accounts) => {
          assertNew(clients, accounts, replace);
          return changesOf(clients, accounts, Date.now());
        });
      },
    });
    return changes;
  },
});

async function textOf(path: string): Promise<string> {
  try {
    if (path === "-") return await new Response(Deno.stdin.readable).text();
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new ConfigError(
      "CLIENTS_FILE_UNREADABLE",
      `${path} cannot be read: ${messageOf(cause)}`,
      {
        cause,
        hint: "Name a file that ssmd client export wrote, or - for stdin",
      },
    );
  }
}

function changesIn({ clients }: ClientsFile, before: Accounts): z.output<typeof CHANGE>[] {
  return clients.map(({ client, entitlements, keys }) => ({
    client,
    change: before.clients.some(({ id }) => id === client) ? "replace" : "create",
    entitlements: entitlements.length,
    keys: keys.length,
  }));
}

/** An imported key must not replace another client's key. */
function assertNew({ clients }: ClientsFile, accounts: Accounts, replace: boolean): void {
  for (const { client, keys } of clients) {
    if (!replace && accounts.clients.some(({ id }) => id === client)) {
      throw new ClientError("CLIENT_EXISTS", `There is a client "${client}" already`, {
        hint: "--replace puts the file's in its place",
      });
    }
    const taken = accounts.keys.find((key) =>
      key.client !== client && keys.some(({ key_id }) => key_id === key.id)
    );
    if (taken === undefined) continue;
    throw new ClientError("API_KEY_EXISTS", `Key ${taken.id} is of client ${taken.client} here`, {
      hint: "A key belongs to one client: take it out of the file",
    });
  }
}

function assertFeeds({ clients }: ClientsFile, feeds: readonly string[]): void {
  for (const { client, entitlements } of clients) {
    const strange = entitlements.find(({ feed }) => feed !== "*" && !feeds.includes(feed));
    if (strange === undefined) continue;
    throw new ClientError("FEED_UNKNOWN", `${client}: there is no feed "${strange.feed}" here`, {
      hint: `Feeds of the environment: ${feeds.join(", ")}`,
    });
  }
}
