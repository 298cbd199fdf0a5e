import { z } from "zod";
import { type Calendar, WEEKDAYS } from "./calendar.ts";
import { camelKeys, day, fields, nameText, plainText, text, timeOfDay, timezone } from "./shape.ts";

const endOfWindow = text(
  /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
  'a time of day, "HH:MM" in quotes, or "24:00"',
);

const dayWindow = { from: timeOfDay, to: endOfWindow };
const weekly = { days: z.array(z.enum(WEEKDAYS)).min(1), ...dayWindow };

const version = fields({
  from: day,
  open: z.union([z.literal("always"), z.array(fields(weekly)).min(1)], {
    error: 'must be always, or a list of windows like { days: [mon], from: "09:30", to: "16:00" }',
  }),
  maintenance: z.array(fields({ ...weekly, reason: plainText })).default([]),
  notes: z.string().exactOptional(),
});

const specialDay = fields({
  date: day,
  reason: plainText,
  open: z.array(fields(dayWindow)).default([]),
});

/** Shape of a calendar file. */
export const calendarShape: z.ZodType<Calendar> = fields({
  name: nameText,
  display_name: plainText,
  timezone,
  versions: z.array(version).min(1),
  special_days: z.array(specialDay).default([]),
}).transform(camelKeys);
