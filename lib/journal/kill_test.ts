import assert from "node:assert/strict";
import { endProcess } from "@ssmd/runtime";
import { entriesOf } from "../../tests/contract/journal.ts";
import { fileJournal } from "./file.ts";

const APPENDER = new URL("./testing/appender.ts", import.meta.url).pathname;
const ROUNDS = 3;
const LINES_BEFORE_KILL = 400;

/** Positions that two writers were told before both were killed with -9 in the middle of their work. */
async function confirmedUntilKilled(dir: string): Promise<Map<number, string>> {
  const confirmed = new Map<number, string>();
  await Promise.all(["one", "two"].map(async (name) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--frozen", APPENDER, dir, name],
      stdout: "piped",
    }).spawn();
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      // The rest of what was confirmed is still read below, up to the end of the pipe.
      if (text.split("\n").length > LINES_BEFORE_KILL) killed(child);
    }
    assert.equal((await child.status).signal, "SIGKILL");
    for (const line of text.split("\n").slice(0, -1)) {
      const [position, n] = line.split(" ");
      confirmed.set(Number(position), `${name} ${n}`);
    }
  }));
  return confirmed;
}

function killed(child: Deno.ChildProcess): void {
  try {
    endProcess(child);
  } catch {
    // It is dead already.
  }
}

Deno.test("file journal: what was confirmed to two writers outlives kill -9 of both, in order", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const all = new Map<number, string>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const [position, what] of await confirmedUntilKilled(dir)) {
        assert.equal(all.get(position), undefined, `position ${position} was given twice`);
        all.set(position, what);
      }
      const journal = await fileJournal(dir);
      const entries = await entriesOf(journal, "crash");
      await journal.close();
      assert.deepEqual(entries.map(({ position }) => position), entries.map((_, i) => i + 1));
      for (const [position, what] of all) {
        const record = entries[position - 1]?.record;
        assert.equal(`${record?.["name"]} ${record?.["n"]}`, what);
      }
    }
    assert.ok(all.size > ROUNDS * LINES_BEFORE_KILL, `${all.size} confirmed`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
