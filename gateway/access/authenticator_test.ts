import assert from "node:assert/strict";
import type { Caller } from "./caller.ts";
import { keylessAuthenticator, type KeylessOptions } from "./authenticator.ts";
import type { AccessDenied } from "./access_denied.ts";
import type { Role } from "./role.ts";

const STREAM = { upgrade: "websocket" };

function asking(headers: Caller["headers"], address = "127.0.0.1"): Caller {
  return { headers, address, query: new URLSearchParams(), method: "GET" };
}

async function tried(
  caller: Caller,
  options: Partial<KeylessOptions> = {},
  wanted: Role = "viewer",
): Promise<string> {
  const authenticator = keylessAuthenticator({ host: "127.0.0.1", ...options });
  return await authenticator.authenticate(caller, wanted).then(
    ({ role }) => role,
    ({ code }: AccessDenied) => code,
  );
}

Deno.test("without keys a stream is opened by programs and the gateway's own page, by no other page", async () => {
  const origins: Record<string, string> = {
    "http://127.0.0.1:8080": "superadmin",
    "https://127.0.0.1:8080": "superadmin",
    "https://evil.example": "FOREIGN_ORIGIN",
    "http://127.0.0.1:3000": "FOREIGN_ORIGIN",
    "http://127.0.0.1:8080.evil.example": "FOREIGN_ORIGIN",
    "null": "FOREIGN_ORIGIN",
    "file://": "FOREIGN_ORIGIN",
    "": "FOREIGN_ORIGIN",
    "https://desk.example": "metrics",
  };
  const options = { allowedOrigins: ["https://desk.example"] };
  for (const [origin, answer] of Object.entries(origins)) {
    const caller = asking({ ...STREAM, origin, host: "127.0.0.1:8080" });
    assert.equal(await tried(caller, options), answer, origin);
  }
  assert.equal(await tried(asking({ ...STREAM, host: "127.0.0.1:8080" })), "superadmin");
  assert.equal(
    await tried(asking({ ...STREAM, host: "[::1]", origin: "http://[::1]" })),
    "superadmin",
  );
  assert.equal(
    await tried(asking({ ...STREAM, host: "localhost:80", origin: "http://localhost" })),
    "superadmin",
  );
});

Deno.test("without keys a page of another site makes the gateway do nothing; a link to it works", async () => {
  const host = "127.0.0.1:8080";
  for (const site of ["cross-site", "same-site"]) {
    const headers = { host, "sec-fetch-site": site, "sec-fetch-mode": "no-cors" };
    assert.equal(await tried(asking(headers)), "FOREIGN_ORIGIN");
    assert.notEqual(
      await tried(asking({ ...headers, "sec-fetch-mode": "navigate" })),
      "FOREIGN_ORIGIN",
    );
  }
  const own = { host, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" };
  assert.equal(await tried(asking(own)), "superadmin");
  assert.equal(await tried(asking({ host, origin: "https://evil.example" })), "FOREIGN_ORIGIN");
});

Deno.test("without keys the gateway is called by its own names only: rebound ones are refused", async () => {
  const foreign = [
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "",
    "192.0.2.7",
    "evil.example, 127.0.0.1",
  ];
  for (const host of foreign) assert.equal(await tried(asking({ host })), "FOREIGN_HOST", host);
  for (const host of ["127.0.0.1", "LOCALHOST:8080", "[::1]:9", "localhost."]) {
    assert.notEqual(await tried(asking({ host })), "FOREIGN_HOST", host);
  }
  assert.equal(await tried(asking({})), "superadmin");
  assert.equal(await tried(asking({ host: "evil.example" }), {}, "public"), "metrics");
  const named = { host: "0.0.0.0", allowedHosts: ["Desk.example"] };
  for (const host of ["desk.example:80", "192.0.2.7:8080", "[2001:db8::1]"]) {
    assert.equal(await tried(asking({ host }, "192.0.2.9"), named), "metrics", host);
  }
  assert.equal(await tried(asking({ host: "evil.example" }, "192.0.2.9"), named), "FOREIGN_HOST");
});

Deno.test("who comes through a proxy is not of this machine", async () => {
  const host = "127.0.0.1:8080";
  assert.equal(await tried(asking({ host }), {}, "superadmin"), "superadmin");
  for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host"]) {
    const caller = asking({ host, [name]: "192.0.2.7" });
    assert.equal(await tried(caller, {}, "superadmin"), "LOOPBACK_ONLY", name);
    assert.equal(await tried(caller), "metrics", name);
  }
});

Deno.test("without keys every address but the own machine has a rate", async () => {
  const authenticator = keylessAuthenticator({ host: "0.0.0.0", requestsPerSecondMax: 2 });
  const codes = [];
  const from = "192.0.2.1";
  for (let i = 0; i < 12; i++) {
    const code = await authenticator.authenticate(asking({}, from)).then(
      () => "",
      ({ code }: AccessDenied) => code,
    );
    codes.push(code);
  }
  assert.deepEqual([codes.indexOf("RATE_LIMITED"), codes.at(-1)], [10, "RATE_LIMITED"]);
  await authenticator.authenticate(asking({}, "192.0.2.9"));
  await authenticator.authenticate({ ...asking({}, from), isProbe: true });
  for (let i = 0; i < 20; i++) await authenticator.authenticate(asking({}));
});
