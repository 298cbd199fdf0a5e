import { type JsonRecord, openJournal } from "@ssmd/journal";
import type { SealedSecret } from "@ssmd/metadata";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { parse } from "yaml";
import { controllerKeys, hasProgram } from "../../tests/servers/certificates.ts";
import { openSealed } from "../../tests/servers/sealing_controller.ts";
import { LAUNCHER, makeProject, type Project } from "../keys/testing/project.ts";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const HAS_OPENSSL = REQUIRED || await hasProgram("openssl", "version");
const HAS_PYTHON = REQUIRED || await hasProgram("python3", "--version");
const TERMINAL = new URL("../keys/testing/terminal.py", import.meta.url).pathname;

function newPem(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ format: "pem", type: "pkcs8" }) as string;
}

function secretText(): string {
  return `planted-${crypto.getRandomValues(new Uint8Array(12)).toHex()}`;
}

/** A secret as it may stand somewhere by mistake: as it is, in hex, in base64 at any alignment. */
function needlesOf(secret: string): string[] {
  const lines = secret.split("\n").filter((line) => line.length > 8 && !line.startsWith("-----"));
  return lines.flatMap((line) => {
    const bytes = Buffer.from(line);
    const base64 = [0, 1, 2].map((shift) => {
      const whole = bytes.subarray(shift, bytes.length - (bytes.length - shift) % 3);
      return whole.toString("base64");
    });
    return [line, bytes.toString("hex"), bytes.toString("hex").toUpperCase(), ...base64];
  });
}

function assertNowhere(secrets: readonly string[], text: string, where: string): void {
  for (const needle of secrets.flatMap(needlesOf)) {
    assert.ok(!text.includes(needle), `a secret stands in ${where}`);
  }
}

function project(sentence: string, body: (project: Project) => Promise<void>, ignore = false) {
  Deno.test({
    name: sentence,
    ignore,
    fn: async () => {
      const made = await makeProject();
      try {
        await body(made);
      } finally {
        await made.remove();
      }
    },
  });
}

/** Records of the journal, by action. */
async function audited({ dir }: Project): Promise<JsonRecord[]> {
  const journal = await openJournal({ type: "file", path: join(dir, "data/journal") });
  const entries = await Array.fromAsync(journal.read("audit.keys"));
  await journal.close();
  return entries.map(({ record }) => record);
}

const SET = "key set kalshi --env prod";
const ROTATE = "key rotate kalshi --env prod --yes";

project(
  "planted secrets stand in no output, no journal, no file but the key's own",
  async (made) => {
    const { dir, ssmd } = made;
    const keys = await controllerKeys(dir);
    const [id, pem, idAfter, pemAfter, token, password] = [
      secretText(),
      newPem(),
      secretText(),
      newPem(),
      secretText(),
      secretText(),
    ];
    const map = (keyId: string, key: string) => JSON.stringify({ key_id: keyId, private_key: key });
    const seal = `--cert ${keys.certificatePath} --namespace ssmd`;
    const runs: [string, string, number][] = [
      ["key init --env prod", "", 0],
      [`key set kalshi ${token} --env prod`, "", 2],
      [`${SET} --field ${token}`, "", 2],
      [`${SET} --private-key=${token}`, "", 2],
      [`key set ${token} --env prod`, "", 1],
      [`key show kalshi ${token} --env prod`, "", 2],
      [SET, `key_id: "${id}`, 1],
      [SET, map(id, `${pem.slice(0, 600)}`), 1],
      [SET, map(id, pem), 0],
      [SET, map(id, pem), 1],
      [ROTATE, map(id, pem), 1],
      [ROTATE, map(idAfter, pemAfter), 0],
      [`key set hook --env prod ${seal}`, token, 0],
      [`key export kalshi --env prod ${seal}`, "", 0],
      ["key export kalshi --env prod --format env", "", 0],
      ["key export kalshi --env prod --format k8s --output json", "", 0],
      ["key list --output json", "", 0],
      ["key show kalshi --env prod", "", 0],
      ["key verify", "", 0],
      ["key check", "", 0],
      ["key rotate bus --env prod --yes", "", 0],
      ["up --env prod --for 1s --port 0", "", 0],
    ];
    const bus = { SSMD_KEY_BUS_USER: "user-of-bus", SSMD_KEY_BUS_PASSWORD: password };
    for (const [args, stdin, code] of runs) {
      const outcome = await ssmd(args, stdin, bus);
      assert.equal(outcome.code, code, `ssmd ${args}\n${outcome.stdout}${outcome.stderr}`);
    }
    const secrets = [id, pem, idAfter, pemAfter, token, password];
    assertNowhere(secrets, made.printed(), "what was printed");
    for (const [path, bytes] of await made.files()) {
      if (path === join(dir, "secrets/kalshi.yaml")) {
        assertNowhere(
          [id, pem, token],
          Buffer.from(bytes).toString("latin1"),
          path,
        );
      } else assertNowhere(secrets, Buffer.from(bytes).toString("latin1"), path);
    }
    assertNowhere(secrets, JSON.stringify(await audited(made)), "the journal");
  },
  !HAS_OPENSSL,
);

project("every access is in the journal: who, what, when, done or refused", async (made) => {
  await made.ssmd("key list");
  await made.ssmd("key show kalshi --env prod");
  await made.ssmd("key verify kalshi --env prod");
  await made.ssmd(SET, "nonsense");
  await made.ssmd("key rotate kalshi --env prod --yes", "");
  await made.ssmd("key delete kalshi --env prod --yes");
  await made.ssmd("key export kalshi --env prod --format env");
  await made.ssmd("up --env prod --for 1s --port 0");
  const records = await audited(made);
  const who = records[0]?.["who"] as JsonRecord;
  assert.equal(who["host"], Deno.hostname());
  assert.equal(typeof who["user"], "string");
  assert.ok(records.every((each) => (each["who"] as JsonRecord)["pid"] !== Deno.pid));
  assert.deepEqual(
    records.map(({ component, action, outcome, code }) => [component, action, outcome, code]),
    [
      ["cli", "list", "done", undefined],
      ["cli", "show", "done", undefined],
      ["cli", "verify", "done", undefined],
      ["cli", "set", "refused", "KEY_INPUT_INVALID"],
      ["cli", "rotate", "refused", "KEY_MISSING"],
      ["cli", "delete", "refused", "KEY_MISSING"],
      ["cli", "export", "done", undefined],
      ["up", "resolve", "refused", "KEY_MISSING"],
    ],
  );
});

project("a journal that cannot be written refuses before anything is changed", async (made) => {
  await Deno.mkdir(join(made.dir, "data"));
  await Deno.writeTextFile(join(made.dir, "data/journal"), "a file in its place");
  const { code, stderr } = await made.ssmd(
    SET,
    JSON.stringify({ key_id: "id-1", private_key: newPem() }),
  );
  assert.equal(code, 1);
  assert.match(stderr, /JOURNAL_FAILED/);
  await assert.rejects(Deno.stat(join(made.dir, "secrets/kalshi.yaml")), Deno.errors.NotFound);
});

project(
  "a key can be set field by field, rotated, and deleted; its age begins anew",
  async (made) => {
    const { dir, ssmd } = made;
    assert.equal((await ssmd(`${SET} --field private_key`, newPem())).code, 0);
    assert.equal((await ssmd("key verify kalshi --env prod")).code, 1);
    assert.equal((await ssmd(`${SET} --field key_id`, "id-1\n")).code, 0);
    assert.equal((await ssmd("key verify kalshi --env prod")).code, 0);
    assert.equal(((await Deno.stat(join(dir, "secrets/kalshi.yaml"))).mode ?? 0) & 0o777, 0o600);
    assert.equal((await ssmd("key rotate kalshi --env prod --field key_id", "id-2")).code, 2);
    assert.equal((await ssmd(`${ROTATE} --field key_id --at 2026-01-01`, "id-2")).code, 0);
    const kept = parse(await Deno.readTextFile(join(dir, "secrets/kalshi.yaml")));
    assert.equal(kept.key_id, "id-2");
    assert.match(kept.private_key, /^-----BEGIN/);
    const check = await ssmd("key check --output json");
    assert.equal(check.code, 1);
    assert.equal(JSON.parse(check.stdout)[0].state, "expired");
    assert.equal((await ssmd("key delete kalshi --env prod --yes")).code, 0);
    await assert.rejects(Deno.stat(join(dir, "secrets/kalshi.yaml")), Deno.errors.NotFound);
    for (const command of ["key list", "key check"]) {
      const lacking = await ssmd(`${command} --output json`);
      assert.equal(lacking.code, 1, command);
      assert.equal(JSON.parse(lacking.stdout)[0].state, "missing", command);
      assert.match(lacking.stderr, /missing: kalshi\.key_id \(field key_id in .+kalshi\.yaml\)/);
    }
  },
);

project("a key file that others can read is told", async (made) => {
  await made.ssmd(SET, JSON.stringify({ key_id: "id-1", private_key: newPem() }));
  await Deno.chmod(join(made.dir, "secrets/kalshi.yaml"), 0o644);
  const { code, stdout } = await made.ssmd("key verify kalshi --env prod");
  assert.equal(code, 1);
  assert.match(stdout, /chmod 600 \.\/secrets\/kalshi\.yaml/);
});

project(
  "what set and export seal, the controller opens in its place and nowhere else",
  async (made) => {
    const { dir, ssmd } = made;
    const keys = await controllerKeys(dir);
    const { certificatePath, privateKey } = keys;
    const seal = `--cert ${certificatePath} --namespace ssmd`;
    const pem = newPem();
    await ssmd(SET, JSON.stringify({ key_id: "id-1", private_key: pem }));
    const exported = await ssmd(`key export kalshi --env prod ${seal}`);
    const { encryptedData } = (parse(exported.stdout) as SealedSecret).spec;
    assert.equal(openSealed(encryptedData["private_key"] ?? "", privateKey, "ssmd/kalshi"), pem);
    assert.throws(() => openSealed(encryptedData["key_id"] ?? "", privateKey, "other/kalshi"));
    assert.throws(() => openSealed(encryptedData["key_id"] ?? "", privateKey, "ssmd/other"));

    assert.equal(
      (await ssmd(`key set hook --env prod ${seal} --scope namespace-wide`, "tok-1")).code,
      0,
    );
    assert.equal((await ssmd("key verify hook --env prod")).stdout.includes("sealed"), true);
    const path = join(dir, "exchanges/sealed/prod/hook.yaml");
    const manifest = parse(await Deno.readTextFile(path)) as SealedSecret;
    assert.equal(
      openSealed(manifest.spec.encryptedData["token"] ?? "", privateKey, "ssmd"),
      "tok-1",
    );
    // Namespace and scope stay as they are when nothing else is said.
    assert.equal(
      (await ssmd(`key rotate hook --env prod --yes --cert ${certificatePath}`, "tok-2")).code,
      0,
    );
    const after = parse(await Deno.readTextFile(path)) as SealedSecret;
    assert.equal(openSealed(after.spec.encryptedData["token"] ?? "", privateKey, "ssmd"), "tok-2");
    assert.equal((await ssmd("key delete hook --env prod --yes")).code, 0);
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  },
  !HAS_OPENSSL,
);

project(
  "on a terminal nothing of what is typed is shown, not even ahead of the question",
  async (made) => {
    const [id, pem] = [secretText(), newPem()];
    const steps = [
      ["key_id (not shown): ", `${id}\r${pem.slice(0, 300).replaceAll("\n", "\r")}`],
      ["private_key (not shown): ", `${pem.slice(300).replaceAll("\n", "\r")}`],
    ];
    const child = new Deno.Command("python3", {
      args: [TERMINAL, LAUNCHER, ...SET.split(" ")],
      cwd: made.dir,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await new Blob([JSON.stringify(steps)]).stream().pipeTo(child.stdin);
    const { code, stdout } = await child.output();
    const shown = new TextDecoder().decode(stdout);
    assert.equal(code, 0, shown);
    assertNowhere([id, pem], shown, "the terminal");
    const kept = parse(await Deno.readTextFile(join(made.dir, "secrets/kalshi.yaml")));
    assert.deepEqual(kept, { key_id: id, private_key: pem.trimEnd() });
  },
  !HAS_PYTHON,
);
