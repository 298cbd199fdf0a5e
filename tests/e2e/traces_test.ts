import assert from "node:assert/strict";
import { otelCollectorAvailable, startOtelCollector } from "../servers/otel_collector.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../servers/otlp_receiver.ts";
import { eventually, Folder, RunningUp } from "./_process.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

/** Starts `up`, asks its gateway as part of a trace, and looks for the span that comes of it. */
async function assertTraced(
  receiver: OtlpReceiver,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  await using folder = new Folder();
  await using up = new RunningUp(["--data", folder.path], { env: { ...variables } });
  const url = await up.url();
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
  const answer = await fetch(`${url}/v1/meta/feeds`, { headers });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
  const span = await eventually(
    "the request's span",
    () => Promise.resolve(receiver.spans.find(({ traceId }) => traceId === TRACE)),
  );
  const { service, parentSpanId, attributes } = span;
  assert.deepEqual([service, parentSpanId], ["ssmd", PARENT]);
  assert.equal(attributes["url.path"], "/v1/meta/feeds");
  assert.equal(attributes["http.response.status_code"], "200");
  const { code } = await up.stop();
  assert.equal(code, 0, up.output);
}

Deno.test("where traces are asked for, a request to the gateway is a span of its caller's trace", async () => {
  await using receiver = startOtlpReceiver();
  await assertTraced(receiver, receiver.variables);
});

Deno.test({
  name: "a real collector of OpenTelemetry takes that span, and hands it on as it was",
  ignore: !otelCollectorAvailable(),
  fn: async () => {
    await using receiver = startOtlpReceiver();
    await using collector = await startOtelCollector(receiver.url);
    await assertTraced(receiver, collector.variables);
  },
});
