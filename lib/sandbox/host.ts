/** What the inside of a process without rights is made of. @module */
export { frameOf, jsonFrame, jsonOf } from "./frames.ts";
export { harden } from "./harden.ts";
export { HostPipe } from "./host_pipe.ts";
export { thrownText } from "./thrown_text.ts";
