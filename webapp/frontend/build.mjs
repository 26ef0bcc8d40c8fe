// Bundles every entry of src/pages into webapp/static_build/build, where Django finds it as "build/<name>.js".
import { build, context } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { calendarStyles } from "./calendar_styles.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const pages = join(here, "src", "pages");
const outdir = join(here, "..", "static_build", "build");

const options = {
  entryPoints: readdirSync(pages).filter((name) => name.endsWith(".ts")).map((name) => join(pages, name)),
  outdir,
  bundle: true,
  minify: true,
  sourcemap: true,
  target: ["es2022"],
  format: "iife",
  plugins: [calendarStyles],
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  rmSync(outdir, { recursive: true, force: true });
  await build(options);
}
