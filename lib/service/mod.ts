/** Startup code shared by all services. @module */
export { keyAudit, openService, serveService, serviceFlags } from "./open_service.ts";
