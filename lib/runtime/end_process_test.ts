import assert from "node:assert/strict";
import { endProcess } from "./end_process.ts";

Deno.test("a child that has ended by itself may be ended again; another error is not hidden", async () => {
  const child = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
  await child.status;
  endProcess(child);
  endProcess(child, "SIGTERM");
  const failing = {
    kill: () => {
      throw new RangeError("no such signal");
    },
  };
  assert.throws(() => endProcess(failing), RangeError);
});

Deno.test("a child that lives is killed", async () => {
  const child = new Deno.Command(Deno.execPath(), { args: ["repl", "-q"], stdin: "piped" }).spawn();
  endProcess(child);
  assert.equal((await child.status).signal, "SIGKILL");
  await child.stdin.abort().catch(() => {});
});
