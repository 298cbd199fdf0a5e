import assert from "node:assert/strict";
import { endProcess } from "@ssmd/runtime";
import { serveExchange, type ServeOptions } from "./serve_exchange.ts";

interface Served {
  text: () => string;
  /** Resolves with the address once it is served. */
  ready: Promise<string>;
  /** Resolves when it has ended, by itself or by `end`. */
  done: Promise<void>;
  end: () => Promise<void>;
}

function serve(options: Partial<ServeOptions> & Pick<ServeOptions, "venue">): Served {
  const ending = new AbortController();
  let text = "";
  let served: (url: string) => void = () => {};
  const ready = new Promise<string>((resolve) => served = resolve);
  const done = serveExchange({
    port: 0,
    seed: 1,
    rate: 500,
    symbols: [],
    captures: [],
    speed: 1,
    renumber: false,
    faults: [],
    signal: ending.signal,
    write: (part) => {
      text += part;
      const url = /ws:\/\/\S+/.exec(text)?.[0];
      if (url !== undefined) served(url);
    },
    ...options,
  });
  const end = () => {
    ending.abort();
    return done;
  };
  return { text: () => text, ready, done, end };
}

/** Runs the printed example until it has shown `count` lines. */
async function runExample(text: string, count: number): Promise<string[]> {
  const example = text.slice(text.indexOf("deno eval")).replace("deno eval", `"$DENO" eval`);
  const child = new Deno.Command("sh", {
    args: ["-c", `exec ${example}`],
    env: { DENO: Deno.execPath() },
    stdout: "piped",
  }).spawn();
  let shown = "";
  for await (const chunk of child.stdout) {
    shown += new TextDecoder().decode(chunk);
    if (shown.split("\n").length > count) break;
  }
  endProcess(child, "SIGTERM");
  await child.status;
  return shown.split("\n").slice(0, count);
}

for (
  const [venue, first] of [["kraken", `{"channel":"status"`], [
    "kalshi",
    `{"type":"subscribed"`,
  ]] as const
) {
  Deno.test(`the printed example for ${venue} runs and shows market data`, async () => {
    const served = serve({ venue });
    await served.ready;
    const lines = await runExample(served.text(), 4);
    assert.ok(lines[0]?.startsWith(first));
    for (const line of lines) JSON.parse(line);
    await served.end();
    assert.match(served.text(), /1 connection, 0 refused, \d+ frames sent, 0 faults\n$/);
  });
}

Deno.test("the demo key is a file of its own that only its owner reads, gone at the end", async () => {
  const served = serve({ venue: "kalshi" });
  await served.ready;
  const path = /key file {2}(\S+)/.exec(served.text())?.[1] as string;
  assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  assert.match(Deno.readTextFileSync(path), /^-----BEGIN PRIVATE KEY-----/);
  await served.end();
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
});

Deno.test("it ends by itself after the time that was asked", async () => {
  const served = serve({ venue: "kraken", forMs: 50 });
  await served.done;
  assert.match(served.text(), /0 connections, 0 refused, 0 frames sent, 0 faults\n$/);
});

Deno.test("wrong options are refused before anything is served", async () => {
  const refused = (options: Partial<ServeOptions>, code: string) =>
    assert.rejects(serve({ venue: "kalshi", ...options }).end(), { code });
  await refused({ faults: ["checksum=every:1s"] }, "FAULT_UNSUPPORTED");
  await refused({ key: "/nowhere.pem" }, "KEY_UNREADABLE");
  await refused({ captures: ["/nowhere.jsonl"] }, "CAPTURE_UNREADABLE");
  await refused({ captures: ["a"], symbols: ["b"] }, "SYMBOLS_OF_CAPTURE");
});
