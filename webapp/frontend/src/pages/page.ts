// What ordinary pages need: questions before grave actions, copy buttons, and lists that keep up to date.
import { showAges } from "../page/age.ts";
import { confirmForms } from "../page/confirm.ts";
import { copyButtons } from "../page/copy.ts";
import { refreshEvery } from "../page/refresh.ts";

confirmForms();
copyButtons();
showAges();
const every = Number(document.body.dataset["refreshSeconds"]);
if (every > 0) refreshEvery(every * 1000);
