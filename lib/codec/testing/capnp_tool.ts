/** The `capnp` program of Debian's capnproto, an oracle of the tests. @module */
import assert from "node:assert/strict";

/** Whether tests that need the program are skipped; never with SSMD_REQUIRE_SERVICES=1. */
export const withoutCapnp: boolean = !isThere() && Deno.env.get("SSMD_REQUIRE_SERVICES") !== "1";

function isThere(): boolean {
  try {
    return new Deno.Command("capnp", { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** Runs `capnp` with a schema's text in a file at the place of `{schema}`; returns its stdout. */
export async function capnp(
  args: readonly string[],
  schema: string,
  stdin: Uint8Array<ArrayBuffer> | string = "",
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await Deno.makeTempFile({ prefix: "ssmd-codec-", suffix: ".capnp" });
  try {
    await Deno.writeTextFile(file, schema);
    const child = new Deno.Command("capnp", {
      args: args.map((arg) => arg === "{schema}" ? file : arg),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const input = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
    const [output] = await Promise.all([child.output(), send(child.stdin, input)]);
    assert.ok(output.success, new TextDecoder().decode(output.stderr));
    return output.stdout;
  } finally {
    await Deno.remove(file);
  }
}

async function send(to: WritableStream<Uint8Array<ArrayBuffer>>, bytes: Uint8Array<ArrayBuffer>) {
  const writer = to.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // The program ended before it read everything; its exit code and stderr give the reason.
  }
}

/**
 * Messages of text values, written by `capnp encode`, back to back. It looks for the end of a value
 * by its brackets and comments, also those inside texts: they are escaped here.
 */
export function encodeText(
  schema: string,
  name: string,
  text: string,
  segmentWords?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = segmentWords === undefined ? [] : [`--segment-size=${segmentWords}`];
  const escaped = text.replace(
    /"(?:[^"\\]|\\.)*"/g,
    (quoted) => quoted.replace(/[()[\]{}#,;]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`),
  );
  return capnp(["encode", ...size, "{schema}", name], schema, escaped);
}
