/** Sandboxed processes that run customers' code: start, pipe, limits and end. @module */
export { frameOf, jsonFrame } from "./frames.ts";
export { SandboxFailure, SandboxProcess } from "./sandbox_process.ts";
