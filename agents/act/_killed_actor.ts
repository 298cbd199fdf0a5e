/** Acts on fires, each delivered twice, until killed or done. @module */
import { scriptedModel } from "../model/scripted_model.ts";
import { acting, fireOf, POSTS } from "./_acting.ts";

const [path = "", url = "", count = "0"] = Deno.args;
const { agent, actions } = await acting({
  ...{ path, model: scriptedModel(POSTS), webhooks: { desk: { url, secret: "s" } } },
});
const fires = Array.from({ length: Number(count) }, (_, n) => fireOf(n));
for (let at = 0; at < fires.length; at += 25) {
  agent.take([...fires.slice(at, at + 25), ...fires.slice(at, at + 25)]);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
while (actions.list({ limit: 100_000 }).some(({ state }) => state === "working")) {
  await new Promise((resolve) => setTimeout(resolve, 200));
}
await agent.close();
Deno.exit(0);
