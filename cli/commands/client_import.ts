import { buildCommand, type Command } from "@stricli/core";
import { type Accounts, ClientError } from "@ssmd/gateway/access";
import { ConfigError, messageOf } from "@ssmd/runtime";
import { changeClients, readClients } from "../client/client_room.ts";
import { changesOf, type ClientsFile, parseClientsFile } from "../client/clients_file.ts";
import { CLIENT_FLAGS, type ClientFlags, DRY_RUN_FLAG } from "../client/flags.ts";
import { assertConfirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { countText } from "../format.ts";
import { docs, word } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  replace: boolean;
  dryRun: boolean;
}

/** `ssmd client import` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Make clients as a file describes them",
    "All of it or nothing. Clients that are there already are refused; with --replace they become " +
      "what the file says, with its entitlements in place of theirs. Keys that the file does not name " +
      "stay, and clients that it does not name are left alone. - reads stdin.",
    [
      "ssmd client import clients.yaml --dry-run",
      "ssmd client import - --dry-run < clients.yaml",
      "ssmd client import clients.yaml --replace --yes",
    ],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      replace: {
        kind: "boolean",
        brief: "Also clients that are there already",
        default: false,
        withNegated: false,
      },
      dryRun: DRY_RUN_FLAG,
    },
    positional: { kind: "tuple", parameters: [word("The file, - for stdin", "file")] },
  },
  async func({ replace, dryRun, ...flags }, path) {
    const file = parseClientsFile(await textOf(path));
    const before = await readClients(this, flags, ({ admin }) => admin.accounts());
    const value = viewOf(file, before);
    assertNew(file, before, replace);
    const replaced = value.filter(({ change }) => change === "replace").length;
    if (!dryRun && replaced > 0) {
      assertConfirmed(this, `Replace ${countText(replaced, "client")}?`);
    }
    if (!dryRun) {
      await changeClients(this, flags, { action: "import" }, ({ admin, environment }) => {
        assertFeeds(file, environment.feeds);
        return admin.change((accounts) => {
          assertNew(file, accounts, replace);
          return changesOf(file, accounts, Date.now());
        });
      });
    }
    this.process.stdout.write(render({ value, rows: value, counted: "client" }, flags.output));
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
        hint: "name a file that ssmd client export wrote, or - for stdin",
      },
    );
  }
}

function viewOf({ clients }: ClientsFile, before: Accounts) {
  return clients.map(({ client, entitlements, keys }) => ({
    client,
    change: before.clients.some(({ id }) => id === client) ? "replace" : "create",
    entitlements: entitlements.length,
    keys: keys.length,
  }));
}

/** A key of somebody else must not become another client's. */
function assertNew({ clients }: ClientsFile, accounts: Accounts, replace: boolean): void {
  for (const { client, keys } of clients) {
    if (!replace && accounts.clients.some(({ id }) => id === client)) {
      throw new ClientError("CLIENT_EXISTS", `there is a client "${client}" already`, {
        hint: "--replace puts the file's in its place",
      });
    }
    const taken = accounts.keys.find((key) =>
      key.client !== client && keys.some(({ key_id }) => key_id === key.id)
    );
    if (taken === undefined) continue;
    throw new ClientError("API_KEY_EXISTS", `key ${taken.id} is of client ${taken.client} here`, {
      hint: "a key belongs to one client: take it out of the file",
    });
  }
}

function assertFeeds({ clients }: ClientsFile, feeds: readonly string[]): void {
  for (const { client, entitlements } of clients) {
    const strange = entitlements.find(({ feed }) => feed !== "*" && !feeds.includes(feed));
    if (strange === undefined) continue;
    throw new ClientError("FEED_UNKNOWN", `${client}: there is no feed "${strange.feed}" here`, {
      hint: `feeds of the environment: ${feeds.join(", ")}`,
    });
  }
}
