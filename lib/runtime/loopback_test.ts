import assert from "node:assert/strict";
import { isLoopback } from "./loopback.ts";

Deno.test("only this machine's own addresses are loopback", () => {
  for (const own of ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "::ffff:127.0.0.1"]) {
    assert.ok(isLoopback(own), own);
  }
  for (const other of ["0.0.0.0", "::", "[::]", "10.0.0.1", "127.0.0.1.evil.example", "", "::2"]) {
    assert.ok(!isLoopback(other), other);
  }
});
