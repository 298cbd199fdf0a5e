import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import type { AuditEvent } from "@ssmd/audit";
import { withAuditQueue } from "../testing/audit_queue.ts";
import { ACCESS_LIMITS, TOKEN_LIMITS } from "./limits.ts";
import { CLIENT_ID, type FakeIssuer } from "./testing/fake_issuer.ts";
import { withGuardedGateway } from "./testing/guarded_gateway.ts";
import { type IssuerGateway, withIssuerGateway } from "./testing/issuer_gateway.ts";

/** A browser as far as redirects and cookies go. */
class Browser {
  readonly cookies = new Map<string, string>();
  /** Lines of `set-cookie`, the newest last. */
  readonly set: string[] = [];

  async open(url: string | URL, method = "GET"): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { method, redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      this.set.push(line);
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

interface SignInRig extends IssuerGateway {
  /** Events of sign-ins at the issuer, the newest first. */
  events(): Promise<AuditEvent[]>;
  /** Goes to the issuer as a person; the address to which it sends the browser back. */
  goAs(browser: Browser, name: string): Promise<URL>;
}

async function withSignIn(
  test: (rig: SignInRig) => Promise<void>,
  options: { clientAuth?: "client_secret_basic" | "client_secret_post" } = {},
): Promise<void> {
  await withAuditQueue((audit) =>
    withIssuerGateway(async (rig) => {
      rig.issuer.people.set("alice", { groups: ["desk", "operators"] });
      rig.issuer.people.set("mallory", { groups: ["others"] });
      const events = async () =>
        await (await audit.log()).list({ limit: 100, action: "signInByIssuer" });
      const goAs = async (browser: Browser, name: string) => {
        const begun = await browser.open(`${rig.gateway.url}/sign-in/issuer`);
        assert.equal(begun.status, 302);
        const address = new URL(begun.headers.get("location") ?? "");
        address.searchParams.set("name", name);
        const { status, headers } = await fetch(address, { redirect: "manual" });
        assert.equal(status, 302, "the issuer knows who asks");
        return new URL(headers.get("location") ?? "");
      };
      await test({ ...rig, events, goAs });
    }, { audit, ...options })
  );
}

async function codeOf(response: Response): Promise<string> {
  const text = await response.text();
  return response.ok ? String(response.status) : String(JSON.parse(text).code);
}

Deno.test("a person signs in at the issuer, has the role of their claims, and signs out", () =>
  withSignIn(async (rig) => {
    const { gateway, events } = rig;
    const page = await (await fetch(`${gateway.url}/sign-in`)).text();
    assert.match(page, /href="\/sign-in\/issuer">Sign in at 127\.0\.0\.1:\d+</);
    const browser = new Browser();
    const back = await rig.goAs(browser, "alice");
    const [kept = ""] = browser.set;
    assert.match(kept, /^ssmd_sign_in_kept=.*Path=\/sign-in; Max-Age=600; HttpOnly; SameSite=Lax$/);
    assert.ok(!kept.includes(back.searchParams.get("code") ?? "no code"));
    const done = await browser.open(back);
    assert.equal(done.status, 200);
    assert.match(await done.text(), /content="0; url=\/"/);
    assert.match(browser.set.at(-1) ?? "", /Max-Age=43200; HttpOnly; SameSite=Strict$/);
    assert.equal(await codeOf(await browser.open(`${gateway.url}/v1/markets`)), "200");
    assert.equal(await codeOf(await browser.open(`${gateway.url}/v1/admin/clients`)), "200");
    assert.deepEqual((await events()).map(({ actor, outcome }) => [actor, outcome]), [[
      "desk",
      "done",
    ]]);
    assert.ok(!JSON.stringify(await events()).includes(back.searchParams.get("code") ?? ""));

    const again = await new Browser().open(back);
    assert.equal(await codeOf(again), "SIGN_IN_STRANGE", "another browser with the same address");
    const session = browser.cookies.get("ssmd_sign_in") ?? "";
    assert.equal((await browser.open(`${gateway.url}/v1/sign-out`, "POST")).status, 200);
    browser.cookies.set("ssmd_sign_in", session);
    const over = await browser.open(`${gateway.url}/v1/markets`);
    assert.equal(await codeOf(over), "SIGN_IN_OVER", "a cookie that was kept beside");
  }));

Deno.test("a session of the issuer ends after its time, and when its client is disabled", () =>
  withSignIn(async (rig) => {
    const markets = `${rig.gateway.url}/v1/markets`;
    const browser = new Browser();
    await browser.open(await rig.goAs(browser, "alice"));
    assert.equal(await codeOf(await browser.open(markets)), "200");
    await rig.admin.update("desk", { enabled: false });
    await rig.refresh();
    assert.equal(await codeOf(await browser.open(markets)), "CLIENT_DISABLED");
    await rig.admin.update("desk", { enabled: true });
    await rig.refresh();
    // The token was for ten minutes; the session goes on.
    rig.clock.ms += ACCESS_LIMITS.browserSessionMs - 60_000;
    assert.equal(await codeOf(await browser.open(markets)), "200");
    rig.clock.ms += 61_000;
    assert.equal(await codeOf(await browser.open(markets)), "SIGN_IN_OVER");
  }));

Deno.test("no sign-in is ended that this browser did not begin, the issuer did not end, or is not for here", () =>
  withSignIn(async (rig) => {
    const { issuer } = rig;
    const other = await issuer.token({ aud: CLIENT_ID, sub: "alice", groups: ["desk"] });
    const [, body = ""] = other.split(".");
    const head = btoa(JSON.stringify({ alg: "none", kid: "one" })).replace(/=+$/, "");
    const cases: Record<string, { code: string; as?: string; change?: (back: URL) => void }> = {
      "another state": {
        code: "SIGN_IN_STRANGE",
        change: ({ searchParams }) => searchParams.set("state", "x"),
      },
      "no state": { code: "SIGN_IN_STRANGE", change: (back) => back.searchParams.delete("state") },
      "a made-up code": {
        code: "SIGN_IN_REFUSED",
        change: ({ searchParams }) => searchParams.set("code", "made-up"),
      },
      "a code of another browser's sign-in": { code: "SIGN_IN_REFUSED" },
      "an answer of another issuer": {
        code: "SIGN_IN_REFUSED",
        change: ({ searchParams }) => searchParams.set("iss", "https://evil.example"),
      },
      "a person whom the issuer refuses": { code: "SIGN_IN_REFUSED", as: "nobody" },
      "a person without a role": { code: "ROLE_UNBOUND", as: "mallory" },
      "a token of another sign-in": { code: "SIGN_IN_REFUSED" },
      "a token for programs": { code: "TOKEN_INVALID" },
      "a token for another program": { code: "SIGN_IN_REFUSED" },
      "a token that is over": { code: "TOKEN_INVALID" },
      "a token that nobody signed": { code: "TOKEN_INVALID" },
      "a token of someone else's making": { code: "TOKEN_INVALID" },
      "an issuer that fails": { code: "ISSUER_AWAY" },
      "an issuer that sends elsewhere": { code: "ISSUER_AWAY" },
    };
    const faults: Record<string, FakeIssuer["faults"]> = {
      "a token of another sign-in": { claims: { nonce: "another" } },
      "a token for programs": { claims: { aud: "ssmd" } },
      "a token for another program": { claims: { aud: [CLIENT_ID, "shop"], azp: "shop" } },
      "a token that is over": { claims: { exp: Math.floor(rig.clock.ms / 1000) - 31 } },
      "a token that nobody signed": { token: `${head}.${body}.` },
      "a token of someone else's making": { token: `${other.slice(0, -6)}AAAAAA` },
      "an issuer that fails": { status: 500 },
      "an issuer that sends elsewhere": { status: 307 },
    };
    for (const [name, { code, as = "alice", change }] of Object.entries(cases)) {
      const before = (await rig.events()).length;
      const browser = new Browser();
      const back = await rig.goAs(browser, as);
      if (name === "a code of another browser's sign-in") {
        const stolen = await rig.goAs(new Browser(), "alice");
        back.searchParams.set("code", stolen.searchParams.get("code") ?? "");
      }
      change?.(back);
      issuer.faults = faults[name] ?? {};
      assert.equal(await codeOf(await browser.open(back)), code, name);
      issuer.faults = {};
      assert.ok(!browser.cookies.has("ssmd_sign_in"), name);
      const [event, ...more] = await rig.events();
      assert.equal(more.length, before, name);
      assert.deepEqual([event?.outcome, event?.reason], ["refused", code], name);
    }
    const browser = new Browser();
    const back = await rig.goAs(browser, "alice");
    assert.equal((await browser.open(back)).status, 200);
    assert.equal(await codeOf(await browser.open(back)), "SIGN_IN_REFUSED", "the code once more");
  }));

/** Signs alice in and out; the address at the issuer, undefined = none. */
async function signOutOf({ gateway, goAs }: SignInRig): Promise<URL | undefined> {
  const browser = new Browser();
  assert.equal((await browser.open(await goAs(browser, "alice"))).status, 200);
  const answer = await browser.open(`${gateway.url}/v1/sign-out`, "POST");
  assert.ok(!browser.cookies.has("ssmd_sign_in"));
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const { signed_in, issuer_sign_out: address } = await answer.json();
  assert.equal(signed_in, false);
  assert.equal(await codeOf(await browser.open(`${gateway.url}/v1/markets`)), "KEY_MISSING");
  return address === undefined ? undefined : new URL(address);
}

Deno.test("a sign-out names where the issuer ends its session, with the token of that sign-in", () =>
  withSignIn(async (rig) => {
    const { issuer, gateway } = rig;
    issuer.endsSessions = true;
    const address = await signOutOf(rig);
    assert.ok(address !== undefined);
    assert.equal(address.origin + address.pathname, `${issuer.url}/sign-out`);
    const { id_token_hint: token, ...rest } = Object.fromEntries(address.searchParams);
    const back = `${gateway.url}/sign-in`;
    assert.deepEqual(rest, { tenant: "1", client_id: CLIENT_ID, post_logout_redirect_uri: back });
    assert.equal(decodeJwt(token ?? "").sub, "alice");

    // No token fits an address of any length.
    issuer.people.set("alice", { groups: ["desk"], note: "x".repeat(TOKEN_LIMITS.hintLettersMax) });
    const long = await signOutOf(rig);
    assert.deepEqual([...long?.searchParams.keys() ?? []].sort(), Object.keys(rest).sort());

    const key = await rig.key("other", {}, { feed: "kraken", symbols: "BTC*" });
    const browser = new Browser();
    const headers = { authorization: `Bearer ${key}` };
    const signed = await fetch(`${gateway.url}/v1/sign-in`, { method: "POST", headers });
    await signed.body?.cancel();
    browser.cookies.set(...cookieOf(signed));
    const answer = await browser.open(`${gateway.url}/v1/sign-out`, "POST");
    assert.deepEqual(await answer.json(), { signed_in: false }, "signed in with a key");
    const stranger = await fetch(`${gateway.url}/v1/sign-out`, { method: "POST" });
    assert.deepEqual(await stranger.json(), { signed_in: false });
  }));

Deno.test("a sign-out ends here alone where the issuer offers none, is away, or answers nonsense", async () => {
  const faults: Record<string, FakeIssuer["faults"]> = {
    "it offers none": { discovery: { end_session_endpoint: undefined } },
    "it has no such document": { discoveryStatus: 404 },
    "it fails": { discoveryStatus: 500 },
    "the document of another issuer": { discovery: { issuer: "https://evil.example" } },
    "no address": { discovery: { end_session_endpoint: "sign-out" } },
    "a script": { discovery: { end_session_endpoint: "javascript:alert(1)" } },
  };
  for (const [name, fault] of Object.entries(faults)) {
    await withSignIn(async (rig) => {
      rig.issuer.endsSessions = true;
      rig.issuer.faults = fault;
      assert.equal(await signOutOf(rig), undefined, name);
      rig.issuer.faults = {};
      // Asked again later, not at each sign-out.
      assert.equal(await signOutOf(rig), undefined, name);
      rig.clock.ms += TOKEN_LIMITS.discoveryFreshMs;
      rig.issuer.faults = { claims: { exp: Math.floor(rig.clock.ms / 1000) + 600 } };
      assert.ok(await signOutOf(rig) !== undefined, name);
    });
  }
});

for (const clientAuth of ["client_secret_basic", "client_secret_post"] as const) {
  Deno.test(`a confidential client proves itself by ${clientAuth}, and no browser sees its secret`, () =>
    withSignIn(async (rig) => {
      const { issuer } = rig;
      const value = "s3cret: ä/+&=% 100";
      issuer.secret = { value, sent: clientAuth };
      rig.setSecret(value);
      const browser = new Browser();
      const back = await rig.goAs(browser, "alice");
      const done = await browser.open(back);
      assert.equal(done.status, 200);
      const seen = [back.href, await done.text(), ...browser.set, ...done.headers].join("\n");
      for (const text of [value, encodeURIComponent(value), btoa("s3cret")]) {
        assert.ok(!seen.includes(text), text);
      }
      const signIn = async () => {
        const again = new Browser();
        return await codeOf(await again.open(await rig.goAs(again, "alice")));
      };
      rig.setSecret("wrong");
      assert.equal(await signIn(), "SIGN_IN_MISCONFIGURED");
      rig.setSecret(undefined);
      assert.equal(await signIn(), "SIGN_IN_MISCONFIGURED", "its key cannot be read");
      const [event] = await rig.events();
      assert.deepEqual([event?.outcome, event?.reason], ["refused", "SIGN_IN_MISCONFIGURED"]);
      issuer.secret = { value: "rotated", sent: clientAuth };
      rig.setSecret("rotated");
      assert.equal(await signIn(), "200", "a rotated secret without a restart");
    }, { clientAuth }));
}

Deno.test("an issuer that asks for a secret refuses a public client, and the answer says whose fault it is", () =>
  withSignIn(async (rig) => {
    rig.issuer.secret = { value: "secret", sent: "client_secret_basic" };
    const browser = new Browser();
    const answer = await browser.open(await rig.goAs(browser, "alice"));
    assert.equal(answer.status, 403);
    const { code, hint } = JSON.parse(await answer.text());
    assert.equal(code, "SIGN_IN_MISCONFIGURED");
    assert.match(hint, /gateway\.oidc\.sign_in/);
  }));

function cookieOf(response: Response): [name: string, value: string] {
  const [, name = "", value = ""] =
    /^([^=]+)=([^;]*)/.exec(response.headers.getSetCookie()[0] ?? "") ?? [];
  return [name, value];
}

Deno.test("where nobody signs in at an issuer the addresses say so, and the page offers keys alone", () =>
  withGuardedGateway(async ({ gateway }) => {
    for (const path of ["/sign-in/issuer", "/sign-in/callback?code=x&state=y"]) {
      const response = await fetch(gateway.url + path, { redirect: "manual" });
      assert.equal(await codeOf(response), "SIGN_IN_UNCONFIGURED");
    }
    assert.ok(!(await (await fetch(`${gateway.url}/sign-in`)).text()).includes("/sign-in/issuer"));
  }));
