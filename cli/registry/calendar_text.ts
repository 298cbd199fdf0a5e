import {
  type Calendar,
  type CalendarVersion,
  isOpen,
  nextCloseUs,
  nextOpenUs,
  type WeeklyWindow,
} from "@ssmd/metadata/registry_content";

interface Hours {
  open: CalendarVersion["open"];
  maintenance?: CalendarVersion["maintenance"] | undefined;
}

/** Formats a version's hours on one line: `always, but thu 03:00-05:00 (weekly maintenance)`. */
export function hoursText({ open, maintenance = [] }: Hours): string {
  const hours = open === "always" ? open : open.map(windowText).join(", ");
  const closed = maintenance.map((window) => `${windowText(window)} (${window.reason})`);
  return closed.length === 0 ? hours : `${hours}, but ${closed.join(", ")}`;
}

function windowText({ days, from, to }: WeeklyWindow): string {
  return `${days.join(" ")} ${from}-${to}`;
}

/** State of a calendar at one moment. */
interface CalendarNow {
  open: boolean;
  /** ISO time of the next change; null = none found. */
  until: string | null;
}

/** State of a calendar at `atUs`, µs since 1970. */
export function nowIn(calendar: Calendar, atUs: number): CalendarNow {
  const open = isOpen(calendar, atUs);
  const untilUs = open ? nextCloseUs(calendar, atUs) : nextOpenUs(calendar, atUs);
  return { open, until: untilUs === undefined ? null : new Date(untilUs / 1000).toISOString() };
}
