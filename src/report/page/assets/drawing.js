
// Elements. Text goes in as text nodes only: nothing of the data is ever read as markup.

function put(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) {
    if (child === null || child === undefined || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

function make(name, attributes = {}, ...children) {
  return put(document.createElement(name), attributes, children);
}

function draw(name, attributes = {}, ...children) {
  return put(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function key(ink) {
  return draw("svg", { class: "key", viewBox: "0 0 8 8", "aria-hidden": "true" }, draw("rect", { class: ink }));
}

/** What the two colours mean. */
function signKey() {
  return make("p", { class: "signs" }, key("pos"), "raises the value", key("neg"), "lowers it");
}

/**
 * Rows {name, value, low, high, ink, key, text}: a bar from zero, a whisker where low and high are known, the number.
 * The table is what a screen reader reads.
 */
function barTable(caption, rows) {
  let low = 0;
  let high = 0;
  for (const row of rows) {
    for (const end of [row.value, row.low, row.high]) {
      if (end === null || end === undefined) continue;
      low = Math.min(low, end);
      high = Math.max(high, end);
    }
  }
  const range = high - low || 1;
  const place = (value) => (200 * (value - low)) / range;
  const format = formatter(rows.map((row) => row.value));
  const body = make("tbody");
  for (const row of rows) {
    const picture = draw("svg", { viewBox: "0 0 200 16", preserveAspectRatio: "none", "aria-hidden": "true" });
    if (row.value !== null) {
      const from = Math.min(place(0), place(row.value));
      const width = Math.abs(place(row.value) - place(0));
      picture.append(draw("rect", { x: from, y: 2, width: width, height: 12, class: row.ink || signOf(row.value) }));
    }
    picture.append(draw("line", { x1: place(0), x2: place(0), y1: 0, y2: 16, class: "zero" }));
    if (row.low !== null && row.low !== undefined && row.high !== null) {
      picture.append(draw("line", { x1: place(row.low), x2: place(row.high), y1: 8, y2: 8, class: "whisker" }));
    }
    body.append(
      make(
        "tr",
        {},
        make("th", { scope: "row" }, row.key ? key(row.key) : null, make("bdi", {}, row.name)),
        make("td", {}, picture),
        make("td", { class: "n" }, row.text !== undefined ? row.text : signed(format(row.value))),
      ),
    );
  }
  return make("table", { class: "bars", "aria-label": caption }, body);
}

function pictureOf(place) {
  const file = report.pictures[place].file;
  // WebP files begin with RIFF.
  return "data:image/" + (file.startsWith("UklGR") ? "webp" : "png") + ";base64," + file;
}

function isSmall(picture) {
  return Math.max(picture.w, picture.h) <= 128;
}

/** How strongly patches cover a picture, from 0 to 1: one for all of them. */
let overlay = 0.75;

function overlaySlider() {
  const input = make("input", { type: "range", min: 0, max: 100, value: Math.round(100 * overlay) });
  input.addEventListener("input", () => {
    overlay = Number(input.value) / 100;
    for (const layer of document.querySelectorAll(".layer")) layer.setAttribute("opacity", overlay);
    for (const other of document.querySelectorAll(".overlay input")) other.value = input.value;
  });
  return make("label", { class: "overlay" }, "Overlay", input);
}

/** Where a player lies in a picture: a patch, or a stretch of a sound. */
function boxOf(picture, player) {
  if (player.place) {
    const [row, column, height, width] = player.place;
    return { x: column, y: row, width: width, height: height };
  }
  const stretch = /(\d+):(\d+)$/.exec(player.name);
  if (!picture.sound || !stretch) return null;
  return { x: Number(stretch[1]), y: 0, width: Number(stretch[2]) - Number(stretch[1]), height: picture.h };
}

/** A picture with its players over it. `players`: of this modality, {name, number, value, place}; may be empty. `map`:
 * of regions, or nothing. */
function pictureView(title, picturePlace, players, map) {
  const picture = report.pictures[picturePlace];
  const paths = map ? regionPaths(map) : new Map();
  const boxes = players.map((player) => [player, paths.get(player.number) || boxOf(picture, player)]).filter((entry) => entry[1]);
  const largest = Math.max(...boxes.map((entry) => Math.abs(entry[0].value || 0)), 0);
  // Sounds are wide: what is as high as one element would be a line.
  const height = picture.sound ? Math.max(picture.w * 0.3, 1) : picture.h;
  const scale = height / picture.h;
  const layer = draw("g", { class: "layer", opacity: overlay });
  const format = formatter(boxes.map((entry) => entry[0].value));
  for (const [player, box] of boxes) {
    if (!player.value || largest === 0) continue;
    const shape =
      typeof box === "string"
        ? draw("path", { d: box, transform: "scale(" + picture.w / map.w + " " + height / map.h + ")", "shape-rendering": "crispEdges" })
        : draw("rect", { x: box.x, y: box.y * scale, width: box.width, height: box.height * scale });
    const strength = (Math.abs(player.value) / largest).toFixed(3);
    layer.append(put(shape, { class: "patch " + signOf(player.value), "fill-opacity": strength }, [draw("title", {}, (player.title || player.name) + ": " + signed(format(player.value)))]));
  }
  const image = draw("image", {
    width: picture.w,
    height: height,
    preserveAspectRatio: "none",
    href: pictureOf(picturePlace),
    class: isSmall(picture) ? "small" : null,
  });
  const view = draw("svg", { viewBox: "0 0 " + picture.w + " " + height, role: "img", "aria-label": title }, image, layer);
  const seconds = Math.max(...players.map((player) => (player.time ? player.time[1] : 0)), 0);
  const clock = seconds ? make("p", { class: "clock" }, make("span", {}, "0 s"), make("span", {}, Number(seconds.toPrecision(3)) + " s")) : null;
  return make("figure", { class: picture.sound ? "view sound" : players.length ? "view" : "view plain" }, make("figcaption", {}, make("bdi", {}, title)), view, clock, boxes.length ? overlaySlider() : null);
}

/** Words in their colours. `players`: {name, value}. */
function wordView(title, players) {
  const largest = Math.max(...players.map((player) => Math.abs(player.value || 0)), 0);
  const format = formatter(players.map((player) => player.value));
  const text = make("p", { class: "words" });
  for (const player of players) {
    const part = largest > 0 ? Math.abs(player.value || 0) / largest : 0;
    const classes = part >= 0.02 ? "word " + signOf(player.value) : "word";
    const word = make("bdi", { class: classes, title: player.name + ": " + signed(format(player.value)) }, player.name);
    // By script: the page's policy refuses style attributes.
    word.style.setProperty("--strength", (4 + 36 * part).toFixed(1) + "%");
    text.append(word, " ");
  }
  return make("div", {}, make("h5", {}, make("bdi", {}, title)), text);
}
