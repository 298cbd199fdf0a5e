import { z } from "zod";

/** Day and source of a shown file. */
export const AS_SHOWN = {
  as_of: z.iso.date().describe("Day for which dated versions are chosen"),
  origin: z.strictObject({
    commit: z.string().exactOptional().describe("Absent = the file in the folder"),
    time: z.string().exactOptional().describe("ISO time of the commit"),
    note: z.string().exactOptional().describe("Note when the file is not the expected one"),
  }).describe("Source of the file"),
};
