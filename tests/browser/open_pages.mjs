// Opens pages of `modattr report` in Chromium, each at the widths of a laptop and a phone, in light and dark, and as it is
// printed, and goes through every view:
//   node open_pages.mjs SCREENSHOTS PAGE.html...
// Fails where the console has an error, the page asks for anything beyond itself, text of the data has become markup,
// a view does not open, the page is wider than the screen, players are not where they lie in a picture, or axe-core finds
// something serious.

import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = require.resolve("axe-core/axe.min.js");
const widths = [
  { name: "laptop", width: 1280, height: 800 },
  { name: "phone", width: 390, height: 844 },
];
/** How the players of a page, by the folder of its results, are drawn. */
const drawings = {
  tones: ".view.sound .layer rect.patch",
  "tone-shares": ".view.sound .layer rect.patch",
  boxes: ".view .layer path.patch",
  masks: ".view .layer path.patch",
  superpixels: ".view .layer path.patch",
  features: ".view .layer rect.patch",
};
const paper = { width: 720, height: 1020 };
const [screenshots, ...pages] = process.argv.slice(2);
if (!screenshots || pages.length === 0) {
  console.error("usage: node open_pages.mjs SCREENSHOTS PAGE.html...");
  process.exit(2);
}
mkdirSync(screenshots, { recursive: true });

const failures = [];
let checks = 0;

function expect(holds, what) {
  checks += 1;
  if (holds) return;
  failures.push(what);
  console.error("FAILED: " + what);
}

/** Every example view that the filters lead to, by mouse and by keyboard. */
async function goThrough(page, where) {
  const explorer = page.locator("#explorer");
  if ((await explorer.count()) === 0) return;
  expect(await explorer.isVisible(), where + ": the examples are shown");
  const title = () => page.locator("#example h3").innerText();
  const count = await page.evaluate(() => report.examples.length);
  const first = await title();
  await page.locator("#list").focus();
  if (count > 1) {
    await page.keyboard.press("ArrowDown");
    expect((await title()) !== first, where + ": the arrow key goes to the next example");
    await page.keyboard.press("End");
    expect((await page.locator("#list [aria-selected=true]").getAttribute("aria-posinset")) === String(count), where + ": End goes to the last example");
    await page.keyboard.press("Home");
    expect((await title()) === first, where + ": Home goes back to the first one");
    await page.locator(".moves button").last().click();
    expect((await title()) !== first, where + ": Next goes on");
  }
  for (const select of await page.locator("#filters select").all()) {
    if (!(await select.isVisible())) continue;
    const values = await select.locator("option").evaluateAll((options) => options.map((option) => option.value));
    for (const value of values.slice(0, 4)) {
      await select.selectOption(value);
      expect((await page.locator("#count").innerText()).length > 0, where + ": a filter says how many there are");
    }
    await select.selectOption("");
  }
  const id = await page.evaluate(() => report.examples[report.examples.length - 1].id);
  await page.locator("#search").fill(id.slice(0, 60));
  expect((await page.locator("#list .row").count()) > 0, where + ": the search finds an id");
  await page.locator("#search").fill("no example has these words");
  expect((await page.locator("#count").innerText()).startsWith("No example"), where + ": a search without a hit says so");
  await page.locator("#search").fill("");
  const slider = page.locator(".overlay input").first();
  if ((await slider.count()) > 0) {
    await slider.fill("20");
    expect((await page.locator(".layer").first().getAttribute("opacity")) === "0.2", where + ": the slider fades the patches");
    await slider.fill("75");
  }
  for (const details of await page.locator("details").all()) await details.locator("summary").first().click();
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = false)));
  await page.locator("#list").focus();
  await page.keyboard.press("Home");
}

/** Each player lies in the picture, and has a colour. */
async function checkDrawing(page, selector, where) {
  const shapes = await page.locator(selector).evaluateAll((all) =>
    all.map((shape) => {
      const own = shape.getBoundingClientRect();
      const view = shape.closest("svg").getBoundingClientRect();
      const inside = own.left >= view.left - 1 && own.right <= view.right + 1 && own.top >= view.top - 1 && own.bottom <= view.bottom + 1;
      return inside && own.width > 0 && own.height > 0 && /^rgb/.test(getComputedStyle(shape).fill);
    }),
  );
  expect(shapes.length > 1 && shapes.every((fine) => fine), where + ": players are drawn in their picture");
}

async function checkPrint(page, name) {
  const where = name + " print";
  await page.setViewportSize(paper);
  await page.emulateMedia({ media: "print" });
  const explorer = page.locator("#explorer");
  if ((await explorer.count()) > 0) {
    expect(await page.locator("#example").isVisible(), where + ": the chosen example is printed");
    expect(!(await page.locator("#list").isVisible()), where + ": the list is not");
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide <= 0, where + ": wider than the paper by " + wide);
  await page.screenshot({ path: screenshots + "/" + name + "-print.png", fullPage: true });
}

async function checkAxe(page, where) {
  await page.addScriptTag({ path: axe }).catch(() => {});
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(require("node:fs").readFileSync(axe, "utf8"));
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    const nodes = violation.nodes.slice(0, 3).map((node) => node.target.join(" ") + ": " + node.failureSummary.replaceAll("\n", " "));
    const text = where + ": axe " + violation.impact + " " + violation.id + ": " + nodes.join("; ");
    if (violation.impact === "serious" || violation.impact === "critical") expect(false, text);
    else console.log(text);
  }
  expect(true, where + ": axe ran");
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const file of pages) {
  const name = basename(dirname(resolve(file)));
  for (const { name: device, width, height } of widths) {
    for (const scheme of ["light", "dark"]) {
      const where = name + " " + device + " " + scheme;
      // The page's policy would keep axe out; it is tested by the pages' own scripts running under it at all.
      for (const bypassCSP of scheme === "light" ? [false, true] : [true]) {
        const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, bypassCSP, offline: true });
        const page = await context.newPage();
        page.on("console", (message) => expect(message.type() !== "error" && message.type() !== "warning", where + ": console: " + message.text()));
        page.on("pageerror", (error) => expect(false, where + ": error: " + error.message));
        page.on("dialog", (dialog) => {
          expect(false, where + ": a dialog: " + dialog.message());
          dialog.dismiss();
        });
        page.on("request", (request) => {
          const url = request.url();
          const isOwn = /^data:image\/(png|webp);base64,/.test(url) || url === pathToFileURL(resolve(file)).href;
          expect(isOwn, where + ": a request to " + url.slice(0, 100));
        });
        await page.goto(pathToFileURL(resolve(file)).href);
        // Scripts draw the first view before this event.
        const drawn = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd / 1000);
        if (!bypassCSP) console.log(where + ": the first view was drawn after " + drawn.toFixed(2) + " s");
        expect((await page.locator("main h1").count()) === 1, where + ": one heading");
        expect((await page.locator(".hostile, img[onerror], main script, a[href^='javascript']").count()) === 0, where + ": text is text");
        if (bypassCSP) {
          await checkAxe(page, where);
          await page.screenshot({ path: screenshots + "/" + name + "-" + device + "-" + scheme + ".png", fullPage: true });
        } else {
          await goThrough(page, where);
          if (drawings[name]) await checkDrawing(page, drawings[name], where);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          expect(wide <= 0, where + ": wider than the screen by " + wide);
          if (device === "laptop") await checkPrint(page, name);
        }
        await context.close();
      }
    }
  }
}
await browser.close();
console.log(checks - failures.length + " passed, " + failures.length + " failed");
process.exit(failures.length === 0 ? 0 : 1);
