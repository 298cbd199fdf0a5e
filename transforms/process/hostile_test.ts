import assert from "node:assert/strict";
import { SandboxFailure } from "@ssmd/sandbox";
import { HOSTILE_TRANSFORMS, type HostileTransform } from "../testing/hostile_transforms.ts";
import { TransformProcess } from "./transform_process.ts";

const SECRET = "planted-secret-9c41";
const RECORD = { type: "trade", symbol: "BTCUSD", feed: "kraken", price: 64000.5, size: 1 };

/** What one gets: its output, or how its process ended. */
async function outcomeOf({ language, code }: HostileTransform): Promise<string> {
  try {
    const process = await TransformProcess.start({ name: "hostile", language, code });
    try {
      return JSON.stringify(await process.run([RECORD]));
    } finally {
      await process.kill();
      // Signalling a process that is there would not throw.
      assert.throws(() => Deno.kill(process.pid, "SIGCONT"), Deno.errors.NotFound);
    }
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** What must not be there, and an account of who reached it. */
async function withPlanted(
  body: (planted: (text: string) => string) => Promise<void>,
): Promise<number> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-hostile-" });
  await Deno.writeTextFile(`${dir}/secret.json`, JSON.stringify(SECRET));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  })();
  Deno.env.set("SSMD_SECRET", SECRET);
  try {
    await body((text) =>
      text.replaceAll("@FILE@", `${dir}/secret.json`)
        .replaceAll("@PORT@", String(listener.addr.port))
    );
    return connections;
  } finally {
    Deno.env.delete("SSMD_SECRET");
    listener.close();
    await accepting;
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("hostile transforms read no secret, reach no port, and leave no process", async () => {
  assert.ok(HOSTILE_TRANSFORMS.length >= 20);
  const outcomes: Record<string, string> = {};
  const connections = await withPlanted(async (planted) => {
    for (const each of HOSTILE_TRANSFORMS) {
      outcomes[each.name] = await outcomeOf({ ...each, code: planted(each.code) });
    }
  });
  const text = JSON.stringify(outcomes);
  assert.ok(!text.includes(SECRET), text);
  assert.equal(connections, 0);
  // What it may not have is an error of its record; what never ends is ended; nothing is silent.
  for (const [name, outcome] of Object.entries(outcomes)) {
    const isOwn = /changed|looks|promise/.test(name) || /"text":"changed"/.test(outcome);
    assert.ok(isOwn || /"error":|^SANDBOX_/.test(outcome), `${name}: ${outcome.slice(0, 200)}`);
  }
  for (const name of ["loops", "loops and catches", "loops in Lua", "loops behind pcall"]) {
    assert.match(outcomes[name] ?? "", /^SANDBOX_LATE/, name);
  }
});
