// The page of a run: follows its events, swaps what changed, and draws the quick spectrum.

import { QuickView } from "../live/quick_view.ts";
import { follow } from "../live/stream.ts";
import { confirmForms } from "../page/confirm.ts";
import { refresh } from "../page/refresh.ts";

const FINAL = ["done", "failed", "cancelled", "interrupted"];
const SAY: Record<string, string> = {
  claimed: "The run is starting",
  acquiring: "The run is being measured",
  processing: "The measurement is complete; it is being processed",
  done: "The run is done",
  failed: "The run has failed",
  cancelled: "The run is cancelled",
  interrupted: "The run was interrupted",
};
/** Events come in bursts: the page is fetched again at most this often. */
const REFRESH_MS = 400;

confirmForms();

const page = document.querySelector<HTMLElement>("[data-run]");
const picture = document.querySelector<HTMLElement>("[data-partial]");
const announcement = document.querySelector<HTMLElement>("[data-announce]");
const connection = document.querySelector<HTMLElement>("[data-connection]");
const quick = picture ? new QuickView(picture) : null;

/** The finished spectrum once there is one, until then the quick one, before the first shot nothing. */
function drawSpectrum(): void {
  const address = document.querySelector<HTMLElement>("[data-bins]")?.dataset["bins"];
  if (address) void quick?.update(address);
}

let timer = 0;
let pending: Promise<unknown> = Promise.resolve();
function soon(): void {
  if (timer) return;
  timer = window.setTimeout(() => {
    timer = 0;
    pending = pending.then(refresh).then(drawSpectrum);
  }, REFRESH_MS);
}

drawSpectrum();
if (page && "liveRun" in page.dataset) {
  const log = page.querySelector<HTMLElement>("[data-keep-scroll]");
  if (log) log.scrollTop = log.scrollHeight; // the newest is what one comes to see
  const following = follow(page.dataset["run"] ?? "", Number(page.dataset["lastEvent"]), {
    happened(kind, payload) {
      soon();
      const state = kind === "state" ? String(payload["state"]) : "";
      if (state && announcement) announcement.textContent = SAY[state] ?? "";
      if (FINAL.includes(state)) following.stop();
    },
    connection(text) {
      if (connection) connection.textContent = text;
    },
  });
}
