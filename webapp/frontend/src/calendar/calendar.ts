// The calendar of bookings. It draws what the server tells and asks it for every change; what it refuses snaps back.

import { Calendar, type DateSelectArg, type EventApi } from "@fullcalendar/core";
import dayGrid from "@fullcalendar/daygrid";
import interaction from "@fullcalendar/interaction";
import list from "@fullcalendar/list";
import timeGrid from "@fullcalendar/timegrid";
import { ask } from "../page/confirm.ts";
import { askScope, askToBook } from "./dialogs.ts";
import { contents, entry } from "./entry.ts";
import { Lanes } from "./lanes.ts";
import { refusal, toast } from "./messages.ts";
import { type Occupation, Refused, Server, type Times } from "./server.ts";
import { clockNow, spanText } from "./times.ts";

const NARROW = matchMedia("(max-width: 47rem)");
const REFRESH_MS = 30_000;
const VIEWS = ["timeGridDay", "timeGridWeek", "dayGridMonth", "listWeek"];
const NEW_BOOKING: Occupation = { kind: "other", title: "New booking", start: "", end: "" };

interface Change {
  readonly event: EventApi;
  readonly oldEvent: EventApi;
  readonly el: HTMLElement;
  readonly revert: () => void;
}

export function bookingCalendar(root: HTMLElement, token: string): Calendar {
  const data = (name: string): string => root.dataset[name] ?? "";
  const server = new Server(data("api"), data("events"), data("zone"), token);
  const mayBook = "mayBook" in root.dataset;
  const lost = root.querySelector<HTMLElement>(".calendar-lost");
  const lanes = new Lanes(document.querySelector<HTMLFormElement>("form.lanes") as HTMLFormElement, () => {
    remember();
    calendar.refetchEvents();
  });
  const asked = new URLSearchParams(location.search).get("view") ?? "";
  const first = VIEWS.includes(asked) ? asked : NARROW.matches ? "listWeek" : "timeGridWeek";

  const calendar = new Calendar(root.querySelector<HTMLElement>(".calendar-grid > div") as HTMLElement, {
    plugins: [dayGrid, timeGrid, list, interaction],
    // Times come as the viewer's clocks show them; a named zone keeps them as they are.
    timeZone: data("zone"),
    now: () => clockNow(data("zone")),
    initialDate: data("date"),
    initialView: first,
    headerToolbar: false,
    firstDay: 1,
    locale: "en-gb",
    height: heightOf(first),
    scrollTime: "07:00:00",
    expandRows: true,
    allDaySlot: false,
    nowIndicator: true,
    navLinks: true,
    navLinkDayClick: (date) => calendar.changeView("timeGridDay", date),
    slotDuration: "00:30:00",
    snapDuration: "00:15:00",
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    dayHeaderFormat: { weekday: "short", day: "numeric" },
    views: {
      timeGridDay: { dayHeaderFormat: { weekday: "long", day: "numeric", month: "short" } },
      dayGridMonth: { dayHeaderFormat: { weekday: "short" } },
    },
    defaultRangeSeparator: " – ",
    eventMinHeight: 22,
    slotEventOverlap: false,
    eventDisplay: "block",
    dayMaxEvents: 4,
    noEventsText: "Nothing is booked here.",
    selectable: mayBook,
    selectMirror: true,
    selectMinDistance: 4,
    longPressDelay: 350,
    unselectAuto: false,
    editable: true,
    events: (info, resolve, reject) => {
      // Nothing chosen is nothing shown; the server would take it for everything.
      if (lanes.chosen.length === 0) return resolve([]);
      server
        .occupation(info.startStr, info.endStr, lanes.chosen)
        .then((found) => {
          if (lost) lost.hidden = true;
          resolve(found.map(entry));
        })
        .catch((error: unknown) => {
          if (lost) lost.hidden = false;
          reject(error instanceof Error ? error : new Error(String(error)));
        });
    },
    eventContent: (info) => {
      const one = info.event.extendedProps["occupation"] as Occupation | undefined;
      if (!one) return info.isMirror ? { domNodes: contents(NEW_BOOKING, info.timeText, false) } : true;
      return { domNodes: contents(one, info.timeText, true) };
    },
    eventDidMount: (info) => {
      const one = info.event.extendedProps["occupation"] as Occupation | undefined;
      if (one) info.el.title = [spanText(one.start, one.end), one.instrument_name, one.title, one.who, one.note].filter(Boolean).join("\n");
    },
    datesSet: (info) => {
      (root.querySelector("#calendar-title") as HTMLElement).textContent = info.view.title;
      for (const radio of root.querySelectorAll<HTMLInputElement>("input[name=view]")) {
        radio.checked = radio.value === info.view.type;
      }
      if (calendar.getOption("height") !== heightOf(info.view.type)) {
        calendar.setOption("height", heightOf(info.view.type));
      }
      remember();
    },
    select: (info) => void select(info),
    eventDrop: (info) => void change(info, "Move"),
    eventResize: (info) => void change(info, "Change"),
  });

  async function select(info: DateSelectArg): Promise<void> {
    if (info.allDay) {
      calendar.unselect();
      calendar.changeView("timeGridDay", info.startStr);
      return;
    }
    const booked = await askToBook(server, { start: info.startStr, end: info.endStr }, lanes.chosen[0] ?? "", data("create"));
    calendar.unselect();
    if (!booked) return;
    toast(booked.state === "pending" ? "Asked for; staff have to approve it." : "Booked.");
    calendar.refetchEvents();
  }

  async function change(info: Change, verb: string): Promise<void> {
    const one = info.event.extendedProps["occupation"] as Occupation;
    const [start, end] = [info.event.startStr, info.event.endStr];
    const at = info.el.getBoundingClientRect();
    const question = `${verb} “${one.title}” from ${spanText(one.start, one.end)} to ${spanText(start, end)}?`;
    const scope = one.series ? await askScope(question) : (await ask(question, verb, "Leave it")) ? "this" : null;
    if (scope === null || one.booking === undefined) return info.revert();
    const times: Partial<Times> = {
      ...(info.event.start?.getTime() !== info.oldEvent.start?.getTime() ? { starts_at: bare(start) } : {}),
      ...(info.event.end?.getTime() !== info.oldEvent.end?.getTime() ? { ends_at: bare(end) } : {}),
    };
    await attempt(one, times, scope, at, info.revert);
  }

  async function attempt(
    one: Occupation,
    times: Partial<Times>,
    scope: string,
    at: DOMRect,
    revert: () => void,
    back = false,
  ): Promise<void> {
    try {
      const moved = await server.move(one.booking as number, times, scope);
      const said = back ? "Moved back." : moved.state === "pending" ? "Moved; staff have to approve it." : "Moved.";
      const before = { starts_at: one.starts_at ?? "", ends_at: one.ends_at ?? "" };
      // Several bookings of a series are not put back by one of them: its clocks may differ.
      const undo = back || scope !== "this" ? undefined : () => void attempt(one, before, "this", at, () => {}, true);
      toast(said, undo);
    } catch (error) {
      revert();
      refusal(error instanceof Refused ? error.reasons : String(error), at);
    }
    calendar.refetchEvents();
  }

  /** View, day and instruments go into the address: reloading and going back keep them. */
  function remember(): void {
    const query = new URLSearchParams({ view: calendar.view.type, date: calendar.getDate().toISOString().slice(0, 10) });
    if (!lanes.all) for (const slug of lanes.chosen) query.append("instrument", slug);
    history.replaceState(null, "", `?${query}`);
  }

  root.hidden = false;
  for (const element of document.querySelectorAll<HTMLElement>(".agenda")) element.hidden = true;
  for (const element of document.querySelectorAll<HTMLElement>(".calendar-hint")) element.hidden = false;
  root.addEventListener("click", (event) => {
    const go = (event.target as Element).closest<HTMLElement>("[data-go]")?.dataset["go"];
    if (go === "prev") calendar.prev();
    else if (go === "next") calendar.next();
    else if (go === "today") calendar.today();
  });
  root.addEventListener("change", (event) => {
    const radio = event.target as HTMLInputElement;
    if (radio.name === "view") calendar.changeView(radio.value);
  });
  calendar.render();
  setInterval(() => {
    // Not under somebody's hand.
    if (!document.hidden && !document.querySelector("dialog[open], .fc-event-mirror")) calendar.refetchEvents();
  }, REFRESH_MS);
  return calendar;
}

/** Grids of times scroll within their frame; lists are as long as they are. */
function heightOf(view: string): string {
  return view === "listWeek" ? "auto" : "100%";
}

/** The calendar writes wall-clock times of a named zone without offset; should it ever add one, it is not to be sent. */
function bare(text: string): string {
  return text.slice(0, 19);
}
