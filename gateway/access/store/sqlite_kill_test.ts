import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { endProcess } from "@ssmd/runtime";
import { sqliteClientStore } from "./sqlite.ts";

const MODULE = new URL("./sqlite.ts", import.meta.url).href;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;
const ACCOUNTS = new URL("../testing/accounts.ts", import.meta.url).href;

/** Makes clients and counts usage for ever, and says after each one that it is done. */
const WRITER = `
const { sqliteClientStore } = await import(${JSON.stringify(MODULE)});
const { testClient } = await import(${JSON.stringify(ACCOUNTS)});
const store = sqliteClientStore(Deno.args[0]);
let at = (await store.load()).clients.length;
for (;;) {
  const client = testClient("c" + String(at++).padStart(6, "0"));
  await store.apply(await store.revision(), [{ put: "client", client }]);
  const usage = [{ day: "2026-01-01", client: "all", feed: "f", type: "trade", messages: 1 }];
  await store.count({ usage, sessions: [], keysUsed: [] });
  const { messages } = (await store.usage({}))[0];
  Deno.stdout.writeSync(new TextEncoder().encode(at + " " + messages + "\\n"));
}
`;

/** Runs the writer until it said `lines` lines, kills it, and gives what it said last: clients and messages. */
async function killedAfter(path: string, script: string, lines: number) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-check", `--config=${CONFIG}`, script, path],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split("\n").length > lines) break;
  }
  endProcess(child);
  await child.status;
  const [clients, messages] = text.slice(0, text.lastIndexOf("\n")).split("\n").at(-1)!.split(" ");
  return { clients: Number(clients), messages: Number(messages) };
}

Deno.test("sqlite: what was acknowledged before a kill -9 is there after it, and the file is whole", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-clients-kill-" });
  const path = `${dir}/clients.sqlite`;
  const script = `${dir}/writer.ts`;
  await Deno.writeTextFile(script, WRITER);
  try {
    for (const lines of [3, 40, 200]) {
      const said = await killedAfter(path, script, lines);
      const store = sqliteClientStore(path);
      const { clients } = await store.load();
      const [usage] = await store.usage({});
      await store.close();
      assert.ok(clients.length >= said.clients, `${clients.length} of ${said.clients}`);
      assert.deepEqual(
        clients.map(({ id }) => id),
        clients.map((_, i) => `c${String(i).padStart(6, "0")}`),
      );
      assert.ok((usage?.messages ?? 0) >= said.messages);
      const db = new DatabaseSync(path);
      assert.equal(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
      db.close();
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
