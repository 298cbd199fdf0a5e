/** What the processes of all services begin with. @module */
export { keyAudit, openService, serveService, serviceFlags } from "./open_service.ts";
