import { cutCommand } from "../client/cut_off.ts";

export default cutCommand("block");
