import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import { withGuardedGateway } from "../access/testing/guarded_gateway.ts";
import { type GatewayRig, until, withGateway } from "../testing/gateway_rig.ts";
import { linearTracker } from "./linear_tracker.ts";
import { webhookTracker } from "./webhook_tracker.ts";

const FREE = { callsPerMinuteMax: 1e9, callsBurstMax: 1e9, reportsPerMinuteMax: 1e9 };

type Json = Record<string, unknown>;

/** What Linear keeps, and how it answers: errors come with HTTP 200, an id is taken once. */
class FakeLinear implements AsyncDisposable {
  readonly issues = new Map<string, Json>();
  /** Answers are lost after the issue was made: what a client does that is killed meanwhile. */
  losesAnswers = 0;
  #server: Server;
  url = "";

  constructor() {
    this.#server = createServer((request, response) => {
      let text = "";
      request.on("data", (part) => text += part);
      request.on("end", () => {
        const answer = this.#answer(JSON.parse(text), request.headers.authorization);
        if (this.losesAnswers > 0 && text.includes("issueCreate")) {
          this.losesAnswers--;
          return response.destroy();
        }
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(answer));
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as { port: number };
    this.url = `http://127.0.0.1:${port}/graphql`;
    return this;
  }

  #answer({ query, variables }: { query: string; variables: Json }, key: string | undefined): Json {
    if (key !== "lin_api_test") return failure("Authentication required, not authenticated");
    if (!query.includes("issueCreate")) {
      const issue = this.issues.get(String(variables["id"]));
      return issue ? { data: { issue } } : failure("Entity not found: Issue");
    }
    const input = variables["input"] as { id: string };
    if (this.issues.has(input.id)) return failure("Entity already exists");
    const number = this.issues.size + 1;
    const url = `https://linear.app/test/issue/T-${number}`;
    const issue = { ...input, identifier: `T-${number}`, url };
    this.issues.set(input.id, issue);
    return { data: { issueCreate: { success: true, issue } } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function failure(message: string): Json {
  return { data: null, errors: [{ message, extensions: { type: "invalid input" } }] };
}

async function post(rig: GatewayRig, report: Json, agent = "test"): Promise<[number, Json]> {
  const response = await fetch(`${rig.gateway.url}/v1/feedback`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-ssmd-program": agent },
    body: JSON.stringify(report),
  });
  return [response.status, await response.json()];
}

/** Reports of 40 issues: 10 that count high, 30 that do not. */
function issueReport(issue: number, now: number, tradeIds: readonly string[]): Json {
  const symbol = ["BTCUSD", "ETHUSD", "KXBTC-26.5"][issue % 3] as string;
  // A wrong value counts high; a time of its own, more than ten minutes from the others.
  const from = new Date(now - (issue + 1) * 30 * 60_000).toISOString();
  if (issue < 9) return { kind: "wrong_value", symbol, from, text: `price is off, issue ${issue}` };
  if (issue === 9) {
    return {
      kind: "wrong_value",
      symbol: "BTCUSD",
      record: tradeIds[0],
      text: "ten times too high",
    };
  }
  return issue % 2 === 0
    ? { kind: "wrong_metadata", symbol, from, text: `tick size, issue ${issue}` }
    : {
      kind: "other",
      text: `question ${issue} about ${"abcdefgh".repeat(2)}${issue} alone ${issue}`,
    };
}

const INVALID: readonly [Json, string][] = [
  [{ kind: "missing_data", symbol: "BTCUSDX" }, "UNKNOWN_SYMBOL"],
  [{ kind: "missing_data", feed: "krakn" }, "UNKNOWN_FEED"],
  [{ kind: "missing_data" }, "REPORT_INCOMPLETE"],
  [{ kind: "other" }, "REPORT_INCOMPLETE"],
  [{ kind: "wrong_value", symbol: "BTCUSD" }, "REPORT_INCOMPLETE"],
  [{ kind: "wrong_value", symbol: "BTCUSD", record: "no-such-trade" }, "RECORD_NOT_FOUND"],
  [{ kind: "wrong_time", symbol: "BTCUSD", from: "2999-01-01" }, "TIME_AHEAD"],
  [{ kind: "wrong_time", symbol: "BTCUSD", from: "2001-01-01" }, "TIME_NOT_COVERED"],
  [
    { kind: "stale", symbol: "BTCUSD", from: "2026-11-02", to: "2026-11-01" },
    "TIMES_REVERSED",
  ],
  [{ kind: "stale", symbol: "BTCUSD" }, "CONTRADICTED"],
  [{ kind: "strange", symbol: "BTCUSD" }, "INVALID_BODY"],
];

Deno.test("500 reports of 40 issues from 20 agents are 40 entries, and Linear has the high ones once", async () => {
  await using linear = await new FakeLinear().start();
  const file = `${await Deno.makeTempDir()}/feedback.sqlite`;
  const tracker = linearTracker({ url: linear.url, teamId: "team", token: "lin_api_test" });
  // Two answers are lost on their way: the issue is there, and its gateway does not know.
  linear.losesAnswers = 2;
  const options = { toolLimits: FREE, feedback: { path: file, tracker } };
  const now = Date.now();
  await withGateway(
    async (rig) => {
      for (let i = 0; i < 5; i++) rig.connector.trade("BTCUSD", 60_000 + i);
      await until(() => rig.gateway.stats().recordsReceived >= 5);
      const { body } = await rig.get("/v1/markets/BTCUSD/trades");
      const ids = (body["trades"] as { id: string }[]).map(({ id }) => id);
      for (let i = 0; i < 500; i++) {
        const report = issueReport(i % 40, now, ids);
        // Two agents an issue: an issue that many report would count for more.
        const [status, answer] = await post(rig, report, `agent-${i % 20}`);
        assert.equal(status, 200, JSON.stringify([report, answer]));
        assert.equal(answer["joined"], i >= 40, JSON.stringify([i, report, answer]));
      }
      for (const [report, code] of INVALID) {
        // A market is live for some seconds after its newest record.
        const received = rig.gateway.stats().recordsReceived;
        rig.connector.trade("BTCUSD", 60_000);
        await until(() => rig.gateway.stats().recordsReceived > received);
        const [status, answer] = await post(rig, report);
        assert.ok(status >= 400 && status < 500, JSON.stringify(report));
        assert.equal(answer["code"], code, JSON.stringify([report, answer]));
        assert.ok(String(answer["hint"]).length > 0);
      }
      const { body: stats } = await rig.get("/v1/feedback/stats");
      assert.equal(stats["entries"], 40);
      assert.equal(stats["reports"], 500);
      await until(() => linear.issues.size === 10);
    },
    true,
    options,
  );
  // The next life hands over what the first one did not see answered, and makes nothing twice.
  await withGateway(
    async (rig) => {
      let isSent = false;
      while (!isSent) {
        const { body } = await rig.get("/v1/feedback/stats");
        isSent = (body["issues"] as { pending: number }).pending === 0;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const { body } = await rig.get("/v1/feedback?priority=high");
      const entries = body["entries"] as { kind: string; issue: { key: string; url: string } }[];
      assert.deepEqual(
        entries.map(({ issue }) => issue.key).sort(),
        [...linear.issues.keys()].sort(),
      );
      for (const { kind, issue } of entries) {
        assert.equal(kind, "wrong_value");
        assert.equal(issue.url, linear.issues.get(issue.key)?.["url"]);
      }
    },
    true,
    options,
  );
});

Deno.test("a report says what the data says of it, and a gap that is known confirms it", async () => {
  await withGateway(
    async (rig) => {
      rig.connector.ticker("BTCUSD");
      rig.connector.trade("BTCUSD", 100);
      await until(() => rig.gateway.stats().recordsReceived >= 2);
      const from = new Date().toISOString();
      const [, calm] = await post(rig, { kind: "missing_data", symbol: "BTCUSD", from });
      const evidence = calm["evidence"] as { records: number; contradicts: boolean };
      assert.equal(evidence.records, 1);
      rig.connector.gap("sequence", true, "BTCUSD");
      await until(() => rig.gateway.stats().recordsReceived >= 3);
      const [, known] = await post(rig, { kind: "missing_data", symbol: "BTCUSD", from });
      assert.deepEqual([known["joined"], known["status"]], [true, "confirmed"]);
    },
    true,
    { toolLimits: FREE },
  );
});

Deno.test("an entry that is resolved is open again when it is reported again", async () => {
  await withGateway(async (rig) => {
    const report = { kind: "other", text: "the page shows no candles" };
    const [, { id }] = await post(rig, report);
    const resolved = await fetch(`${rig.gateway.url}/v1/feedback/${id}/resolve?note=done`, {
      method: "POST",
    });
    const { status, resolution } = await resolved.json();
    assert.deepEqual([status, resolution], ["resolved", "done"]);
    const [, again] = await post(rig, { ...report, text: "The page shows no candles!" });
    assert.deepEqual([again["id"], again["joined"], again["status"]], [id, true, "open"]);
  });
});

Deno.test("a client reports so many issues a minute and no more", async () => {
  await withGateway(async (rig) => {
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++) {
      statuses.push((await post(rig, { kind: "other", text: `${i}` }, "one"))[0]);
    }
    assert.equal(statuses.slice(0, 10).every((status) => status === 200), true);
    assert.ok(statuses.includes(429));
    assert.equal((await post(rig, { kind: "other", text: "x" }, "two"))[0], 200);
  });
});

Deno.test("a webhook gets the issue with a key for repetitions and a signature", async () => {
  const seen: { headers: Record<string, unknown>; text: string }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => text += part);
    request.on("end", () => {
      seen.push({ headers: request.headers, text });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const tracker = webhookTracker({ url: `http://127.0.0.1:${port}/`, secret: "s" });
  const issue = { key: "k-1", isRetry: false, title: "t", body: "b", priority: "high" as const };
  await tracker.create(issue);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const [{ headers, text } = { headers: {}, text: "" }] = seen;
  assert.equal(headers["idempotency-key"], "k-1");
  const signature = createHmac("sha256", "s").update(text).digest("hex");
  assert.equal(headers["x-ssmd-signature"], `sha256=${signature}`);
});

Deno.test("a reporter sees neither who else reported an issue, nor what they said", () =>
  withGuardedGateway(async ({ gateway, key }) => {
    const given = { feed: "kraken", symbols: "BTCUSD" };
    const [ann, ben] = [await key("ann", {}, given), await key("ben", {}, given)];
    const boss = await key("boss", { role: "admin" });
    const ask = async (text: string, path: string, report?: Json) => {
      const response = await fetch(gateway.url + path, {
        headers: { authorization: `Bearer ${text}`, "content-type": "application/json" },
        ...(report === undefined ? {} : { method: "POST", body: JSON.stringify(report) }),
      });
      const body = await response.json();
      assert.equal(response.status, 200, JSON.stringify(body));
      return body;
    };
    const report = { kind: "other", symbol: "BTCUSD" };
    const { id } = await ask(ann, "/v1/feedback", { ...report, text: "its price jumps up" });
    const joined = await ask(ben, "/v1/feedback", { ...report, text: "its price jumps up" });
    assert.deepEqual([joined.id, joined.joined], [id, true]);
    for (const [text, name] of [[ann, "ann"], [ben, "ben"]] as const) {
      const { entries: [listed] } = await ask(text, "/v1/feedback");
      assert.deepEqual(listed, await ask(text, `/v1/feedback/${id}`));
      assert.deepEqual([listed.reports, listed.reporters], [2, [name]]);
      assert.deepEqual(listed.texts.map(({ reporter }: Json) => reporter), [name]);
    }
    assert.deepEqual((await ask(boss, `/v1/feedback/${id}`)).reporters, ["ann", "ben"]);
  }));
