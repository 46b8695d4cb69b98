// Draws docs/images/report.png anew: the example explorer of a page.
//   build/modattr shap --config configs/vqa-features.json --level feature --ids 17,29,225,460 --out /tmp/features
//   build/modattr report /tmp/features
//   node tests/browser/screenshot.mjs /tmp/features/report.html docs/images/report.png

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, picture] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1080, height: 900 }, colorScheme: "light" });
await page.goto(pathToFileURL(resolve(file)).href);
const box = await page.evaluate(() => {
  const place = document.getElementById("browser").getBoundingClientRect();
  return { x: place.x + scrollX, y: place.y + scrollY, width: place.width, height: place.height };
});
const margin = 8;
await page.screenshot({
  path: picture,
  fullPage: true,
  clip: { x: box.x - margin, y: box.y - margin, width: box.width + 2 * margin, height: Math.min(box.height + 2 * margin, 1000) },
});
await browser.close();
