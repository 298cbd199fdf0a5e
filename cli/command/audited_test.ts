import assert from "node:assert/strict";
import { openAuditLog, verifyAudit } from "@ssmd/audit";
import { setReadOnlyMode } from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import { canMount, Tmpfs } from "../../tests/servers/tmpfs.ts";
import type { Command } from "./define.ts";
import { COMMAND_INDEX } from "../command_index.ts";
import { audited, type AuditedCall } from "./audited.ts";

/** Commands that change nothing that lasts, or ask a gateway, which writes the event. */
const READS: ReadonlySet<string> = new Set([
  ...[
    "archive cat",
    "archive verify",
    "ask",
    "backtest",
    "clock check",
    "clock jumps",
    "clock skew",
    "clock status",
    "completion",
    "diff",
  ],
  ...["cheat", "help", "man", "query", "status", "tail", "validate", "version", "env validate"],
  "symbol validate",
  ...["data gaps", "data inventory", "data quality", "data replay", "test compare", "test replay"],
  "signal check",
  ...["schema compat", "schema hash", "schema used", "env diff", "env status", "reprocess diff"],
  ...[
    "env compare",
    "reprocess status",
    "day status",
    "key check",
    "key verify",
    "calendar holidays",
  ],
  ...["secmaster export", "secmaster figi-lookup", "secmaster figi-validate", "secmaster lookup"],
  ...["secmaster mappings", "secmaster resolve", "secmaster search", "feedback stats"],
  ...["client accounts", "client entitlements", "client export", "client sessions"],
  ...["client slow", "client usage", "job logs", "journal read", "journal tail", "mcp clients"],
  ...["job status", "job workflows"],
  ...["mcp status", "mcp tools", "shard plan", "shard status", "shard symbols", "storage versions"],
  // What they start writes its own events.
  ...[
    "up",
    "exchange serve",
    "mcp serve",
    "signal test",
    "transform test",
    "enricher test",
    "role check",
    "tui",
  ],
  // There is no folder for a log yet.
  "init",
  // A running gateway does it, and writes the event.
  ...["client disconnect", "client set-mode", "env apply", "shard apply", "feedback resolve"],
  ...["signal deploy", "signal disable", "signal enable"],
  // Roll moves events that are there; their chain tells it.
  ...["audit verify", "audit export", "audit roll", "audit client-actions", "audit config-changes"],
  ...["audit entitlement-changes", "audit security-events"],
  ...["report changes", "report data-access", "report entitlements", "report exchange-audit"],
  // A comment at GitHub is no state of ours.
  "report post-github",
  ...["security blocklist", "security events", "security scan"],
]);

function isRead(name: string): boolean {
  return READS.has(name) || /(^| )(list|show|history)$/.test(name);
}

async function changing(): Promise<Command[]> {
  const commands: Command[] = [];
  for (const [name, { load }] of Object.entries(COMMAND_INDEX)) {
    const { default: command } = await load();
    if (command.changes !== undefined) commands.push(command);
    else assert.ok(isRead(name), `ssmd ${name} declares no changes, nor is it among READS`);
    assert.ok(command.changes === undefined || !READS.has(name), `ssmd ${name} is in READS`);
  }
  return commands;
}

function registryLog(data: string) {
  return openAuditLog({ type: "sqlite", path: `${data}/audit/_registry.sqlite` });
}

function callOf(data: string, more: Record<string, unknown> = {}): AuditedCall {
  const write = { write: () => {} };
  return {
    flags: { data, note: "a note", ...more },
    args: ["desk", "5"],
    context: {
      globals: { quiet: true, yes: false },
      process: { stdout: write, stderr: write, exitCode: null },
    },
  } as unknown as AuditedCall;
}

Deno.test("each command that changes something writes one event, done, refused or failed", async () => {
  const data = await Deno.makeTempDir();
  try {
    const commands = await changing();
    assert.ok(commands.length > 60);
    const call = callOf(data);
    for (const command of commands) {
      const stub = (run: () => unknown) => ({ ...command, failed: () => false, run }) as Command;
      await audited(stub(() => ({})), call);
      const refused = stub(() => {
        throw new SsmdError("CLIENT_UNKNOWN", "There is none");
      });
      await assert.rejects(audited(refused, call), { code: "CLIENT_UNKNOWN" });
      await assert.rejects(audited(stub(() => assert.fail("broken")), call));
      await audited(stub(() => ({})), callOf(data, { dryRun: true }));
    }
    await using log = await registryLog(data);
    const events = (await log.list({ limit: 1000 })).reverse();
    assert.deepEqual(
      events.map(({ action, outcome, reason }) => [action, outcome, reason]),
      commands.flatMap(({ name }) => [
        [name, "done", ""],
        [name, "refused", "CLIENT_UNKNOWN"],
        [name, "failed", "UNEXPECTED"],
      ]),
    );
    assert.equal((await verifyAudit({ env: "", log })).ok, true);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("an event holds who, what, and no secret", async () => {
  const data = await Deno.makeTempDir();
  try {
    const { default: command } = await COMMAND_INDEX["client create"]!.load();
    const run = ({ context }: AuditedCall) =>
      Object.assign(context.auditDetails ?? {}, { key: "k1" });
    await audited({ ...command, run } as Command, callOf(data, { label: "ssmd_abc_S3cret" }));
    const { default: keySet } = await COMMAND_INDEX["key set"]!.load();
    const refuse = () => {
      throw new SsmdError("KEY_VALUE_IN_ARGUMENTS", "no");
    };
    await assert.rejects(audited({ ...keySet, run: refuse } as Command, callOf(data)));
    const { default: quota } = await COMMAND_INDEX["client quota"]!.load();
    const unlimited = { ...callOf(data, { expires: Infinity }), args: ["desk", Infinity] };
    await audited({ ...quota, run: () => ({}) } as Command, unlimited);
    await using log = await registryLog(data);
    const [none, refused, done] = await log.list({ limit: 3 });
    assert.deepEqual([none?.target, none?.metadata["expires"]], ["desk none", "none"]);
    assert.deepEqual([refused?.target, refused?.metadata], ["", {}]);
    assert.equal(done?.target, "desk 5");
    assert.match(done?.actor ?? "", /^.+@.+$/);
    assert.deepEqual(done?.metadata, { note: "a note", label: "ssmd_abc_…", key: "k1" });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("where no event can be written nothing is changed", async () => {
  const data = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${data}/audit`, "no folder");
    const { default: command } = await COMMAND_INDEX["client create"]!.load();
    const run = () => assert.fail("it ran");
    await assert.rejects(audited({ ...command, run } as Command, callOf(data)), {
      code: "AUDIT_FAILED",
    });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a change of a folder is refused while one of its environments is read-only", async () => {
  const data = await Deno.makeTempDir();
  try {
    const mode = { reason: "audit of July", by: "me@here", since: new Date(0).toISOString() };
    await setReadOnlyMode(data, "prod", mode);
    const unused = () => assert.fail("it ran");
    for (const name of ["archive seal", "reprocess prune", "reprocess promote", "dlq purge"]) {
      const { default: command } = await COMMAND_INDEX[name]!.load();
      const call = { ...callOf(data), flags: { data } };
      await assert.rejects(audited({ ...command, run: unused } as never, call), {
        code: "ENVIRONMENT_READ_ONLY",
      }, name);
    }
    await setReadOnlyMode(data, "prod", undefined);
    const { default: command } = await COMMAND_INDEX["archive seal"]!.load();
    const run = () => ({ days: [] });
    const call = { ...callOf(data), flags: { data } };
    assert.deepEqual(await audited({ ...command, run } as never, call), { days: [] });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test({
  name: "a read-only archive is read without an event, with a note; nothing is changed there",
  // Root writes wherever it is not mounted read-only.
  ignore: Deno.uid() === 0 && !canMount(),
  fn: async () => {
    await using disk = Deno.uid() === 0 ? new Tmpfs(1) : undefined;
    const data = disk?.path ?? await Deno.makeTempDir();
    if (disk !== undefined) disk.makeReadOnly();
    else await Deno.chmod(data, 0o500);
    const notes: string[] = [];
    const stderr = { write: (text: string) => notes.push(text) };
    const call = callOf(data);
    const context = { ...call.context, globals: { quiet: false }, process: { stderr } };
    const { default: read } = await COMMAND_INDEX["data export"]!.load();
    const { default: change } = await COMMAND_INDEX["client create"]!.load();
    const stub = (command: Command, run: () => unknown) => ({ ...command, run }) as Command;
    const audit = (command: Command) => audited(command, { ...call, context } as never);
    assert.deepEqual(await audit(stub(read, () => ({ rows: 1 }))), { rows: 1 });
    assert.deepEqual(notes, [
      `note: this is not in the audit log. The audit log ${data}/audit/_registry.sqlite cannot be written\n`,
    ]);
    await assert.rejects(audit(stub(change, () => assert.fail("it ran"))), {
      code: "AUDIT_READ_ONLY",
    });
    if (disk === undefined) await Deno.remove(data);
  },
});
