import assert from "node:assert/strict";
import { Project } from "./project_fixtures.ts";

const FEED = [
  "--endpoint",
  "wss://ws.kraken.com/v2",
  "--parser",
  "kraken-v2",
  "--book-depths",
  "10,25",
  "--book-checksum",
];

Deno.test("the flow of a new user works as typed, with no file edited by hand", async () => {
  await Project.use(async (project) => {
    await project.write("notes.txt", "mine\n");
    await project.git("add", "notes.txt");
    assert.match(await project.ok("init"), /made exchanges\/feeds\/[^]*next: ssmd feed create/);
    assert.equal(await project.read(".gitignore"), "/data/\n/secrets/\n");
    assert.match(await project.ok("init"), /is there already/);
    assert.match(await project.ok("feed", "create", "kraken", ...FEED), /added exch.*kraken\.yaml/);
    await project.ok("schema", "register");
    await project.ok("env", "create", "mine", "--feeds", "kraken");
    await project.ok(
      ...["symbol", "map", "BTCUSD", "--env", "mine", "--feed", "kraken"],
      ...["--external", "BTC/USD", "--depth", "10"],
    );
    assert.match(await project.ok("validate"), /^\d+ files checked, nothing is wrong$/m);
    const diff = await project.ok("diff");
    assert.match(diff, /added exchanges\/feeds\/kraken\.yaml/);
    assert.match(diff, /^\+ {2}BTCUSD: \{ feed: kraken, external: BTC\/USD, depth: 10 \}$/m);
    assert.match(await project.ok("commit", "-m", "registry: begin"), /committed as/);
    assert.match(await project.ok("diff"), /nothing changed since the last commit/);
    assert.match(await project.ok("commit", "-m", "again"), /nothing to commit/);
    // What is staged of other files stays staged and out of the commit.
    assert.equal(await project.git("status", "--porcelain"), "A  notes.txt\n?? .gitignore\n");
    const shown = await project.json("env", "show", "mine") as Record<string, unknown>;
    assert.deepEqual(shown["symbols"], {
      BTCUSD: { feed: "kraken", external: "BTC/USD", depth: 10 },
    });
  });
});

Deno.test("changes that would break something are refused and write nothing", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok("feed", "create", "kraken", ...FEED);
    await project.ok("schema", "register", "trade", "ticker", "orderbook", "status", "gap");
    await project.ok("env", "create", "mine", "--feeds", "kraken");
    await project.commitAt("2026-01-01T12:00:00Z", "begin");
    const refusals: [string[], number, RegExp][] = [
      [["feed", "create", "kraken", ...FEED], 1, /already a feed "kraken"/],
      [["feed", "create", "../x", ...FEED], 1, /not a file of the registry/],
      [["feed", "disable", "kraken"], 1, /mine\.yaml:3:9.*disabled in its feed file/],
      [["feed", "remove", "kraken", "--yes"], 1, /no feed "kraken" in the registry/],
      [["feed", "remove", "kraken"], 1, /no feed "kraken" in the registry/],
      [["feed", "add-version", "kraken", "--from", "2020-01-01"], 2, /begins on .*, later/],
      [["feed", "update", "kraken", "--endpoint", "http://x"], 1, /must be an address/],
      [["env", "update", "mine", "--set", "gatway.port=1"], 1, /Did you mean "gateway"/],
      [["env", "update", "mine", "--unset", "gateway.prot"], 2, /no gateway\.prot/],
      [["env", "create", "mine2", "--feeds", "krakn"], 1, /Did you mean "kraken"/],
      [["env", "create", "mine2", "--from", "min"], 1, /Did you mean "mine"/],
      [["env", "delete", "mine"], 2, /--yes/],
      [["schema", "set-status", "trade", "v1", "draft"], 2, /never draft again/],
      [["schema", "set-status", "trade", "v2", "active"], 1, /no version of schema trade "v2"/],
      [["symbol", "map", "X", "--env", "mine", "--feed", "kalshi"], 1, /not among the feeds/],
      [["symbol", "map", "X", "--env", "mine", "--feed", "kraken", "--depth", "7"], 1, /depth 7/],
      [["symbol", "map", "ADAUSD", "--env", "mine", "--feed", "kraken"], 1, /mean "ADA\/USD"/],
    ];
    for (const [args, code, said] of refusals) {
      const ran = await project.ssmd(...args);
      assert.equal(ran.code, code, args.join(" "));
      assert.match(ran.stderr, said, args.join(" "));
    }
    assert.equal(await project.git("status", "--porcelain"), "");
  });
});

Deno.test("a broken registry is told whole by validate, and commit refuses it", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok("feed", "create", "kraken", ...FEED);
    const text = await project.read("exchanges/feeds/kraken.yaml");
    await project.write("exchanges/feeds/kraken.yaml", text.replace("type: spot", "type: sport"));
    const { code, stdout } = await project.ssmd("validate");
    assert.equal(code, 1);
    assert.match(stdout, /^exchanges\/feeds\/kraken\.yaml:4:7 .*Did you mean "spot"/);
    const commit = await project.ssmd("commit", "-m", "no");
    assert.equal(commit.code, 1);
    assert.match(commit.stderr, /CONFIG_INVALID/);
    const { findings } = JSON.parse((await project.ssmd("validate", "--output", "json")).stdout);
    assert.deepEqual([findings[0].line, findings[0].path], [4, "type"]);
  });
});

Deno.test("a schema gets a next version, which is compared before it is taken", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok("schema", "register", "trade", "--from", "2026-01-01");
    const text = await project.read("exchanges/schemas/trade.capnp");
    const fields = text.slice(text.indexOf("struct Trade")).match(/@\d+ :/g) ?? [];
    const venue = `venue @${fields.length} :Text`;
    await project.write("next.capnp", text.replace(/}\s*$/, `  ${venue};\n}\n`));
    await project.write("bad.capnp", text.replace("price @5 :Float64", "price @5 :Int64"));
    const add = ["schema", "add-version", "trade", "--from", "2999-01-01", "--file"];
    const refused = await project.ssmd(...add, "bad.capnp");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Trade\.price is Int64, was Float64/);
    await project.ok(...add, "next.capnp");
    assert.equal((await project.ssmd("schema", "compat", "trade@v1", "bad.capnp")).code, 1);
    assert.match(
      await project.ok("schema", "compat", "trade@v1", "trade@v2"),
      new RegExp(`${venue} is new`),
    );
    const dry = await project.ok("schema", "set-status", "trade", "v2", "active", "--dry-run");
    assert.match(dry, /\+ {4}status: deprecated/);
    await project.ok("schema", "set-status", "trade", "v2", "active");
    assert.match(await project.ok("validate"), /nothing is wrong/);
    const versionOn = async (day: string) => {
      const shown = await project.json("schema", "show", "trade", "--as-of", day);
      return (shown as { in_force: { version: string } | null }).in_force?.version;
    };
    assert.equal(await versionOn("2025-12-31"), undefined);
    assert.equal(await versionOn("today"), "v1");
    assert.equal(await versionOn("2999-01-01"), "v2");
    const rows = await project.json("schema", "hash", "next.capnp", "bad.capnp");
    assert.deepEqual((rows as { registered: string }[]).map(({ registered }) => registered), [
      "trade@v2",
      null,
    ]);
  });
});

Deno.test("environments are promoted, compared and deleted", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok("feed", "create", "kraken", ...FEED);
    await project.ok("env", "create", "lab", "--feeds", "kraken");
    await project.ok("env", "create", "live", "--from", "lab", "--set", "gateway.port=9000");
    const map = ["symbol", "map", "BTCUSD", "--feed", "kraken", "--external", "BTC/USD", "--env"];
    await project.ok(...map, "lab");
    await project.ok("env", "promote", "lab", "live", "--yes");
    await project.ok(
      "feed",
      "create",
      "other",
      "--endpoint",
      "wss://other.example",
      "--parser",
      "kraken-v2",
    );
    await project.ok("feed", "add", "other", "--env", "lab");
    await project.ok(...[
      "symbol",
      "map",
      "X",
      "--env",
      "lab",
      "--feed",
      "other",
      "--external",
      "X/USD",
    ]);
    const listed = await project.ok("symbol", "list", "--feed", "other");
    assert.match(listed, /^X +lab +other +X\/USD .*\n1 symbol$/m);
    assert.match(await project.ok("symbol", "show", "X"), /lab\.other\.trade\.X/);
    await project.ok("feed", "remove", "other", "--env", "lab", "--yes");
    await project.ok("feed", "disable", "other");
    await project.ok("feed", "enable", "other");
    await project.ok("feed", "add-location", "other", "x", "--clock", "ptp", "--accuracy-us", "9");
    await project.ok("feed", "remove", "other", "--yes");
    await project.ok("symbol", "validate");
    await project.ok("env", "validate", "lab");
    const { changes } = await project.json("env", "diff", "lab", "live") as {
      changes: { path: string }[];
    };
    assert.deepEqual(changes.map(({ path }) => path), ["name", "gateway.port"]);
    await project.commitAt("2026-02-01T12:00:00Z", "both");
    await project.ok("env", "delete", "live", "--yes");
    assert.match(await project.ok("env", "list"), /^lab .*\n1 environment$/m);
    await project.commitAt("2026-02-02T12:00:00Z", "live is gone");
    assert.match(await project.ok("env", "history", "live"), /live is gone[^]*both[^]*2 commits/);
    const status = await project.json("env", "status", "lab") as Record<string, unknown>;
    assert.equal(status["mistakes"], 0);
    assert.match(String(status["git"]), /^as of \w{10} 2026-02-01/);
  });
});

Deno.test("an environment captures where each of its feeds is captured, and nowhere else", async () => {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok("feed", "create", "kraken", ...FEED);
    await project.ok("env", "create", "lab", "--feeds", "kraken");
    const set = ["env", "update", "lab", "--set", "location=aws-us-east-1"];
    const none = await project.ssmd(...set);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /kraken has no capture location "aws-us-east-1"\. It names none/);
    const add = ["feed", "add-location", "kraken", "aws-us-east-1", "--clock", "ptp"];
    await project.ok(...add, "--accuracy-us", "50");
    await project.ok(...set);
    const typo = await project.ssmd("env", "update", "lab", "--set", "location=aws-us-east-2");
    assert.match(typo.stderr, /Did you mean "aws-us-east-1"\? It has: aws-us-east-1/);
    const shown = await project.json("env", "show", "lab") as Record<string, unknown>;
    assert.equal(shown["location"], "aws-us-east-1");
    await project.ok("env", "create", "other", "--from", "lab", "--set", "location=aws-us-east-1");
    await project.ok("env", "update", "lab", "--unset", "location");
  });
});
