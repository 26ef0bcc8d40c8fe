// FullCalendar carries its style sheets inside its scripts and puts them into the page at run time, where our content
// security policy forbids them. Here they become part of the page's own style sheet when it is bundled; the icon font,
// which none of our buttons uses, stays out.
import { readFile } from "node:fs/promises";

const CARRIED = /var css_248z = (".*");\ninjectStyles\(css_248z\);/;
const INJECTING = /function (injectStyles|registerStylesRoot)\((\w+)\) \{/g;

export const calendarStyles = {
  name: "calendar-styles",
  setup(build) {
    const sheets = new Map();
    build.onLoad({ namespace: "file", filter: /@fullcalendar[\\/]\w+[\\/][\w-]+\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      const carried = CARRIED.exec(contents);
      if (carried) {
        const sheet = JSON.parse(carried[1]).replace(/@font-face\{[^}]*\}/g, "");
        sheets.set(path, sheet);
        contents = contents.replace(carried[0], `import ${JSON.stringify(`calendar-styles:${path}`)};`);
      } else if (/\bcss_248z\b/.test(contents)) {
        throw new Error(`${path} carries its styles in another way than this plugin knows.`);
      }
      return { contents: contents.replace(INJECTING, "function $1($2) {\n    return;"), loader: "js" };
    });
    build.onResolve({ filter: /^calendar-styles:/ }, ({ path }) => ({
      path: path.slice("calendar-styles:".length),
      namespace: "calendar-styles",
    }));
    build.onLoad({ filter: /.*/, namespace: "calendar-styles" }, ({ path }) => ({
      contents: sheets.get(path),
      loader: "css",
    }));
  },
};
