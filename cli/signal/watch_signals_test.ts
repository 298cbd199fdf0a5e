import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { NO_GLOBALS, type SsmdContext } from "../context.ts";
import { Project } from "../registry/project_fixtures.ts";
import { watchSignals } from "./watch_signals.ts";

const SWITCH = {
  ...{ at: 1, action: "deploy", stream: { created_at_us: 1, sequence: 17 }, feeds: {} },
  signals: [{ id: "wide_book", version: 2, source_hash: "a", params_hash: "b" }],
};

/** A gateway that counts deploys and answers them with a switch, or with a refusal. */
async function withGateway(
  test: (gateway: { url: string; deploys: number; refusal: object | undefined }) => Promise<void>,
): Promise<void> {
  const gateway = { url: "", deploys: 0, refusal: undefined as object | undefined };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    gateway.deploys++;
    const { refusal } = gateway;
    if (refusal !== undefined) return Response.json(refusal, { status: 400 });
    return Response.json({ switches: [SWITCH] });
  });
  gateway.url = `http://127.0.0.1:${server.addr.port}`;
  await test(gateway);
  await server.shutdown();
}

Deno.test("each saved change of a signal is deployed; one that is wrong is printed by file and line", () =>
  Project.use((project) =>
    withGateway(async (gateway) => {
      await project.ok("init", "--demo");
      await project.ok("signal", "new", "wide_book");
      const env = await project.read("exchanges/environments/demo.yaml");
      await project.write(
        "exchanges/environments/demo.yaml",
        env.replace(/^signals:.*$/m, "signals:\n  wide_book: {}"),
      );
      let printed = "";
      const context = {
        globals: { ...NO_GLOBALS, dir: `${project.dir}/exchanges` },
        process: { stderr: { write: (text: string) => void (printed += text) } },
      } as unknown as SsmdContext;
      const until = async (expected: RegExp) => {
        for (const startMs = Date.now(); !expected.test(printed); await delay(20)) {
          assert.ok(Date.now() - startMs < 60_000, `no ${expected} in ${printed}`);
        }
        printed = "";
      };
      const ended = new AbortController();
      const location = { env: "demo", url: gateway.url };
      const watched = watchSignals(context, location, ended.signal);
      await until(/From position 17 on runs: wide_book v2\nWatching /);
      const source = await project.read("signals/wide_book.ts");
      // What does not decide what runs.
      await project.write("signals/notes.md", "later");
      await project.write("signals/wide_book.ts", source);
      await project.write("signals/wide_book.ts", source.replace("version: 1", "version: 2"));
      await until(/From position 17 on runs: wide_book v2/);
      assert.equal(gateway.deploys, 2);
      await project.write("signals/wide_book.ts", source.replace("book.spread", "book.spraed"));
      await until(/signals\/wide_book\.ts:\d+:\d+: TS.*spraed[^]*The signals run on as they were/);
      await project.write("signals/wide_book.ts", `${source}\nimport "npm:left-pad";\n`);
      await until(/signals\/wide_book\.ts:\d+:\d+: "npm:left-pad" cannot be imported[^]*run on/);
      assert.equal(gateway.deploys, 2);
      gateway.refusal = { code: "SIGNAL_FAILED", detail: "wide_book cannot be loaded", hint: "h" };
      await project.write("signals/wide_book.ts", source.replace("version: 1", "version: 3"));
      await until(/SIGNAL_FAILED: wide_book cannot be loaded\n {2}h/);
      gateway.refusal = undefined;
      await project.write(
        "exchanges/environments/demo.yaml",
        env.replace(/^signals:.*$/m, "signals:\n  wide_book: { params: { minShare: 0.1 } }"),
      );
      await until(/From position 17 on/);
      ended.abort();
      assert.equal((await watched).length, 3);
    })
  ));

Deno.test("a gateway that is busy at the first deploy is watched for; one that is not there is not", () =>
  Project.use(async (project) => {
    await project.ok("init", "--demo");
    await project.ok("signal", "new", "wide_book");
    let printed = "";
    const context = {
      globals: { ...NO_GLOBALS, dir: `${project.dir}/exchanges` },
      process: { stderr: { write: (text: string) => void (printed += text) } },
    } as unknown as SsmdContext;
    const busy = Promise.withResolvers<Response>();
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => busy.promise,
    );
    const location = { env: "demo", url: `http://127.0.0.1:${server.addr.port}` };
    const ended = new AbortController();
    const patience = AbortSignal.timeout;
    AbortSignal.timeout = () => patience.call(AbortSignal, 50);
    try {
      const watched = watchSignals(context, location, ended.signal);
      while (!printed.includes("Watching ")) await Promise.race([delay(20), watched]);
      assert.match(printed, /^GATEWAY_UNREACHABLE: The gateway at \S+ gave no answer within 10 s/);
      ended.abort();
      assert.deepEqual(await watched, []);
    } finally {
      AbortSignal.timeout = patience;
      busy.resolve(new Response());
      await server.shutdown();
    }
    await assert.rejects(
      watchSignals(context, location, new AbortController().signal),
      { code: "GATEWAY_UNREACHABLE", message: `No gateway answers at ${location.url}` },
    );
  }));
