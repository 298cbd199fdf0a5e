/** Tools for agents: their list, and what serves them for a gateway elsewhere. @module */
export { mcpServer } from "./mcp_server.ts";
export { remoteBackend } from "./remote_backend.ts";
export { toolListing } from "./tool_listing.ts";
