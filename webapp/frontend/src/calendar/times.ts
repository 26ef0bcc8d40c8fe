// Wall-clock times as text. The calendar draws what the viewer's clocks show, so no zone is needed to write them.

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

interface Clock {
  readonly day: string;
  readonly time: string;
}

/** "2027-03-01T09:00:00", whatever follows it, as "Mon 1 Mar 2027" and "09:00". */
function read(text: string): Clock {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number) as [number, number, number];
  const weekday = DAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
  return { day: `${weekday} ${day} ${MONTHS[month - 1]} ${year}`, time: text.slice(11, 16) || "00:00" };
}

/** "Mon 1 Mar 2027, 09:00 – 11:00"; the end's day is told where it is another one. */
export function spanText(start: string, end: string): string {
  const [from, to] = [read(start), read(end)];
  if (from.day === to.day) return `${from.day}, ${from.time} – ${to.time}`;
  return `${from.day}, ${from.time} – ${to.day}, ${to.time}`;
}

/** As fields of forms take it: "2027-03-01T09:00". */
export function forField(text: string): string {
  return (text.length > 10 ? text : `${text}T00:00`).slice(0, 16);
}

/** What clocks in the zone show now, for the line that marks it. */
export function clockNow(zone: string, now: Date = new Date()): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const part = Object.fromEntries(format.formatToParts(now).map((one) => [one.type, one.value]));
  return `${part["year"]}-${part["month"]}-${part["day"]}T${part["hour"]}:${part["minute"]}:${part["second"]}`;
}
