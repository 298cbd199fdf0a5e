import {
  type Calendar,
  type CalendarVersion,
  isOpen,
  nextCloseUs,
  nextOpenUs,
  type WeeklyWindow,
} from "@ssmd/metadata";

interface Hours {
  open: CalendarVersion["open"];
  maintenance?: CalendarVersion["maintenance"] | undefined;
}

/** The hours of a version on one line: `always, but thu 03:00-05:00 (weekly maintenance)`. */
export function hoursText({ open, maintenance = [] }: Hours): string {
  const hours = open === "always" ? open : open.map(windowText).join(", ");
  const closed = maintenance.map((window) => `${windowText(window)} (${window.reason})`);
  return closed.length === 0 ? hours : `${hours}, but ${closed.join(", ")}`;
}

function windowText({ days, from, to }: WeeklyWindow): string {
  return `${days.join(" ")} ${from}-${to}`;
}

/** How a calendar stands at a moment. */
interface CalendarNow {
  open: boolean;
  /** ISO time of the next change; null = none is in sight. */
  until: string | null;
}

/** Whether it is open at a moment (µs since 1970), and until when that is so. */
export function nowIn(calendar: Calendar, atUs: number): CalendarNow {
  const open = isOpen(calendar, atUs);
  const untilUs = open ? nextCloseUs(calendar, atUs) : nextOpenUs(calendar, atUs);
  return { open, until: untilUs === undefined ? null : new Date(untilUs / 1000).toISOString() };
}
