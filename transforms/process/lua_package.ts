/** Where the two files of the Lua package lie. */
interface LuaFiles {
  /** `file:` addresses. */
  code: string;
  glue: string;
}

const PACKAGE: string = "wasmoon";

let files: Promise<LuaFiles> | undefined;

/**
 * Has the package fetched, where it is not there, and says where it lies: only who runs a transform
 * in Lua asks for it.
 */
export function luaFiles(): Promise<LuaFiles> {
  return files ??= fetched().catch((error) => {
    files = undefined;
    throw error;
  });
}

async function fetched(): Promise<LuaFiles> {
  // What a literal import names is fetched by everybody who starts. Nothing of it is used here.
  // deno-lint-ignore ssmd/layers -- one package, named above
  await import(PACKAGE);
  const code = import.meta.resolve(`${PACKAGE}/dist/index.js`);
  return { code, glue: import.meta.resolve(`${PACKAGE}/dist/glue.wasm`) };
}
