/** Tools for agents: their listing, and an MCP server for a remote gateway. @module */
export { mcpServer } from "./mcp_server.ts";
export { remoteBackend } from "./remote_backend.ts";
export { toolListing } from "./tool_listing.ts";
