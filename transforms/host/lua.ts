/**
 * Runs one transform in Lua, in a process without permissions: the parent's entry module imports
 * the package for it. Lua code cannot reach JavaScript. @module
 */
import type { TransformOutput } from "@ssmd/market";
import { HostPipe } from "@ssmd/sandbox/host";
import { LUA_PRELUDE } from "./lua_prelude.ts";
import { luaLiteral } from "./lua_literal.ts";
import { serveTransform } from "./serve_transform.ts";

/** Placeholder address; no request is sent. */
const GLUE_URL = "https://glue.invalid/glue.wasm";

/** The used part of the package. */
interface LuaPackage {
  LuaFactory: new (url: string) => {
    createEngine(options: object): Promise<{
      doStringSync(code: string): unknown;
    }>;
  };
}

/** The two files of the package. */
interface PackageFiles {
  /** JavaScript for browsers and Node. */
  code: string;
  glue: Uint8Array<ArrayBuffer>;
}

/** Serves a transform until the pipe closes. */
export async function serveLua(files: PackageFiles): Promise<void> {
  const pipe = new HostPipe();
  const { exit, memoryUsage } = Deno;
  const now = performance.now.bind(performance);
  const lua = await packageOf(files);
  const engine = await new lua.LuaFactory(GLUE_URL).createEngine({
    ...{ injectObjects: false, enableProxy: false, openStandardLibs: true },
  });
  const ask = engine.doStringSync(LUA_PRELUDE) as (task: "load" | "run", text: string) => string;
  serveTransform({ pipe, memoryUsage, now }, (code) => {
    ask("load", code);
    return (records) =>
      JSON.parse(ask("run", `return ${luaLiteral(records)}`)) as TransformOutput[];
  });
  exit(0);
}

/** Runs the package's script in a fake browser whose `fetch` returns the WASM file. */
async function packageOf({ code, glue }: PackageFiles): Promise<LuaPackage> {
  const headers = { "content-type": "application/wasm" };
  const given: Readonly<Record<string, unknown>> = {
    exports: {},
    module: {},
    window: {},
    location: { href: GLUE_URL },
    fetch: () => Promise.resolve(new Response(glue, { headers })),
    ...{ document: undefined, process: undefined, require: undefined },
  };
  new Function(...Object.keys(given), code)(...Object.values(given));
  return await given["exports"] as LuaPackage;
}
