// The emergency stop of staff: the button in the header, or Esc three times quickly. Nothing is asked.
import { TripleKey } from "../page/triple_key.ts";

const form = document.querySelector<HTMLFormElement>("form[data-stop]");
const keys = new TripleKey("Escape", 1000);
document.addEventListener(
  "keydown",
  (event) => {
    if (form && keys.pressed(event.key, event.repeat, event.timeStamp)) form.requestSubmit();
  },
  { capture: true },
);
