/** The two files of the Lua package. */
interface LuaFiles {
  /** `file:` URLs. */
  code: string;
  glue: string;
}

const PACKAGE: string = "wasmoon";

let files: Promise<LuaFiles> | undefined;

/** Downloads the package if missing and returns its files; called only to run a Lua transform. */
export function luaFiles(): Promise<LuaFiles> {
  return files ??= fetched().catch((error) => {
    files = undefined;
    throw error;
  });
}

async function fetched(): Promise<LuaFiles> {
  // Not a literal import: that would download it on every start. Only its location is used.
  // deno-lint-ignore ssmd/layers -- one package, named above
  await import(PACKAGE);
  const code = import.meta.resolve(`${PACKAGE}/dist/index.js`);
  return { code, glue: import.meta.resolve(`${PACKAGE}/dist/glue.wasm`) };
}
