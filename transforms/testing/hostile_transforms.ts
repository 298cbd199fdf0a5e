/**
 * Hostile transforms that have passed all source checks. Each attacks on the first record and
 * returns what it got. @module
 */
import type { Language } from "../source/language.ts";

/** A hostile transform. */
export interface HostileTransform {
  name: string;
  language: Language;
  /** Code for a process; @FILE@ and @PORT@ stand for a planted file and a listening port. */
  code: string;
}

const ts = (name: string, body: string): HostileTransform => ({
  ...{ name, language: "ts", code: `"use strict"; return function (record) { ${body} };` },
});
const lua = (name: string, body: string): HostileTransform => ({
  ...{ name, language: "lua", code: `return function(record) ${body} end` },
});

/** More than twenty, in both languages. */
export const HOSTILE_TRANSFORMS: readonly HostileTransform[] = [
  ts("loops", "for (;;);"),
  ts("loops and catches", "for (;;) try { for (;;); } catch {}"),
  ts("has a catastrophic pattern", "return /^(a+)+$/.test('a'.repeat(40) + 'b');"),
  ts("fills the heap", "const all = []; for (;;) all.push({ a: [1, 2, 3], b: 'x' + all.length });"),
  ts("fills buffers", "const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1));"),
  ts("gives a huge text", "return 'x'.repeat(5e8);"),
  ts("reads a file", "return Deno.readTextFileSync('@FILE@');"),
  ts("imports a file", "return import('@FILE@', { with: { type: 'text' } });"),
  ts(
    "imports a file through a made function",
    'return (() => {}).constructor(\'return import("file://@FILE@", { with: { type: "text" } })\')();',
  ),
  ts("opens a socket", "return fetch('http://127.0.0.1:@PORT@/');"),
  ts("connects", "return Deno.connect({ port: @PORT@ });"),
  ts("reads the environment", "return process.env.SSMD_SECRET ?? Deno.env.get('SSMD_SECRET');"),
  ts("starts a process", "return new Deno.Command('cat', { args: ['@FILE@'] }).outputSync();"),
  ts(
    "changes prototypes",
    "Object.prototype.polluted = 1; Array.prototype.map = () => []; JSON.stringify = () => '[]'; " +
      "return 'changed';",
  ),
  ts("writes rubbish to stdout", "Deno.stdout.writeSync(new Uint8Array(1000)); console.log('{}');"),
  ts("ends the process", "Deno.exit(3);"),
  ts("sets a timer", "setTimeout(() => { for (;;); }, 0); return 'set';"),
  ts("answers with a promise", "return (async () => 'later')();"),
  ts("lies about its JSON", "return { toJSON() { for (;;); } };"),
  ts("nests without end", "let x = []; for (let i = 0; i < 1e5; i++) x = [x]; return x;"),
  lua("loops in Lua", "while true do end"),
  lua("loops behind pcall", "while true do pcall(function() while true do end end) end"),
  lua("repeats a text for ever", "return #string.rep('x', 1e9)"),
  lua("repeats and repeats", "while true do local x = string.rep('x', 1e8) end"),
  lua(
    "has a catastrophic Lua pattern",
    "return string.find(string.rep('a', 5000), string.rep('a*', 40) .. 'b')",
  ),
  lua(
    "fills memory in Lua",
    "local t = {} while true do t[#t + 1] = string.rep('x', 1e6) .. #t end",
  ),
  lua("opens a file in Lua", "return io.open('@FILE@'):read('a')"),
  lua("loads a file in Lua", "return tostring(loadfile('@FILE@')) .. dofile('@FILE@')"),
  lua("asks the environment in Lua", "return os.getenv('SSMD_SECRET')"),
  lua("ends the process in Lua", "os.exit(3)"),
  lua("requires in Lua", "return require('js')"),
  lua("looks around in Lua", "return debug.getregistry()"),
  lua("compiles in Lua", "return load('return 1')()"),
  lua("changes what texts can in Lua", "string.format = nil table.concat = nil return 'changed'"),
  lua("holds itself in Lua", "local t = {} t.t = t return t"),
  lua("grows its stack in Lua", "local function f() return 1 + f() end return f()"),
];
