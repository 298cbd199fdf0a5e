import assert from "node:assert/strict";
import { SCHEDULER } from "./environment_scheduler.ts";

const ADDRESS = { type: "temporal", address: "jobs.example:7233" } as const;

function issuesOf(more: object): string[] {
  const { error } = SCHEDULER.safeParse({ ...ADDRESS, ...more });
  return error?.issues.map(({ message }) => message) ?? [];
}

Deno.test("a certificate and its key are named together, and all else of TLS may be absent", () => {
  assert.deepEqual(issuesOf({}), []);
  assert.deepEqual(issuesOf({ tls: {} }), []);
  assert.deepEqual(issuesOf({ tls: { ca: "ca.pem", cert: "a.pem", key: "a.key" } }), []);
  assert.deepEqual(issuesOf({ tls: { cert: "a.pem" } }), [
    "cert and key belong together: name both or none",
  ]);
  assert.deepEqual(issuesOf({ tls: { cart: "a.pem" } }), [
    'unknown field. Did you mean "cert"?',
  ]);
  const credentials = { api_key: "$key:temporal.api_key" };
  assert.deepEqual(issuesOf({ tls: {}, credentials }), []);
});
