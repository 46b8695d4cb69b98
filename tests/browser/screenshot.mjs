// Draws docs/images/report.png anew: the example explorer of a page.
//   build/modattr shap --config configs/vqa-features.json --level feature --ids 17,29,225,460,736 --out /tmp/features
//   build/modattr report /tmp/features
//   node tests/browser/screenshot.mjs /tmp/features/report.html docs/images/report.png

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, picture] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1080, height: 900 }, colorScheme: "light" });
await page.goto(pathToFileURL(resolve(file)).href);
await page.locator("#search").fill("17");
await page.locator("#search").fill("");
await page.locator("#search").blur();
const box = await page.locator("#browser").boundingBox();
await page.screenshot({ path: picture, fullPage: true, clip: { x: box.x - 8, y: box.y - 8, width: box.width + 16, height: Math.min(box.height + 16, 860) } });
await browser.close();
