/** Processes without rights that run customers' code: their start, pipe, limits and end. @module */
export { frameOf, jsonFrame } from "./frames.ts";
export { SandboxFailure, SandboxProcess } from "./sandbox_process.ts";
