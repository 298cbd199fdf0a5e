import assert from "node:assert/strict";
import { type GuardedGateway, withGuardedGateway } from "./testing/guarded_gateway.ts";

/** Signs a browser in with the key of a client; returns its cookie. */
async function signIn({ gateway, key }: GuardedGateway, client: string): Promise<string> {
  const headers = { authorization: `Bearer ${await key(client)}` };
  const response = await fetch(`${gateway.url}/v1/sign-in`, { method: "POST", headers });
  await response.body?.cancel();
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** What ends a sign-in although the browser keeps its cookie, and the answer for data. */
const ENDS: readonly {
  name: string;
  end: (rig: GuardedGateway) => Promise<unknown>;
  status: number;
  message: RegExp;
}[] = [
  {
    name: "a disabled client",
    end: ({ admin }) => admin.update("desk", { enabled: false }),
    status: 403,
    message: /Client desk is disabled/,
  },
  {
    name: "a revoked key",
    end: async ({ admin }) => {
      const { keys } = await admin.accounts();
      for (const { id } of keys) await admin.revokeKey(id);
    },
    status: 401,
    message: /was revoked/,
  },
];

for (const { name, end, status, message } of ENDS) {
  Deno.test(`the browser of ${name} is told so, and can sign in again and out`, () =>
    withGuardedGateway(async (rig) => {
      const cookie = await signIn(rig, "desk");
      await end(rig);
      await rig.refresh();
      const open = (path: string, more: Record<string, string> = {}) =>
        fetch(rig.gateway.url + path, { headers: { cookie, ...more } });
      const navigation = { "sec-fetch-mode": "navigate", accept: "text/html" };
      const page = await open("/", navigation);
      assert.equal(page.status, status);
      const text = await page.text();
      assert.match(text, /<form>/);
      assert.match(text, message);
      for (const path of ["/sign-in", "/sign-in.js"]) {
        const answer = await open(path);
        assert.equal(answer.status, 200, path);
        await answer.body?.cancel();
      }
      const out = await fetch(`${rig.gateway.url}/v1/sign-out`, {
        ...{ method: "POST", headers: { cookie, origin: rig.gateway.url } },
      });
      await out.body?.cancel();
      assert.equal(out.status, 200);
      assert.match(out.headers.get("set-cookie") ?? "", /Max-Age=0/);
      const data = await open("/v1/markets");
      await data.body?.cancel();
      assert.equal(data.status, 401, "the session is over on the gateway too");
    }));
}
