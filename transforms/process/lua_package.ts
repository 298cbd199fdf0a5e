/** Where the two files of the Lua package lie. */
interface LuaFiles {
  /** `file:` addresses. */
  code: string;
  glue: string;
}

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
  // An import as text would be fetched by everybody who starts; nothing of this one is used here.
  await import("wasmoon");
  const code = import.meta.resolve("wasmoon/dist/index.js");
  return { code, glue: import.meta.resolve("wasmoon/dist/glue.wasm") };
}
