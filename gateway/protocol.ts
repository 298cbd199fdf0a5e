/** Schemas of the gateway's protocol, for programs that parse its answers. @module */
export { CONNECTION, ENDED_CONNECTION } from "./protocol/connection.ts";
export { recordAndTrailer } from "./protocol/record_trailer.ts";
export { TOOL_CLIENT } from "./mcp/tool_clients.ts";
export { FEEDBACK_ENTRY, FEEDBACK_STATS, PRIORITIES, STATUSES } from "./feedback/entry.ts";
export { ANSWERED } from "./query/routes.ts";
