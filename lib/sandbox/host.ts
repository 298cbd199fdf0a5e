/** Code that runs inside a sandboxed process. @module */
export { frameOf, HEAD_BYTES, jsonFrame, jsonOf, writeHead } from "./frames.ts";
export { harden } from "./harden.ts";
export { HostPipe } from "./host_pipe.ts";
export { thrownText } from "./thrown_text.ts";
