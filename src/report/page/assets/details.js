
// One example: its answer, its data, and what each run says of it.

const mostBars = 12;
const mostRules = 8;

function nameOf(modality) {
  return report.modalities[modality] ? report.modalities[modality].name : "";
}

/** A list of players with a modality and a name for each: modalities come with their counts, and a number n stands for
 * the names 0 to n - 1. */
function playerList(place) {
  const list = report.players[place];
  if (!list.names) {
    list.names = list.n.flatMap((name) => (typeof name === "number" ? Array.from({ length: name }, (_, number) => String(number)) : [name]));
    list.modalities = [];
    for (let run = 0; run < list.m.length; run += 2) list.modalities.push(...Array(list.m[run + 1]).fill(list.m[run]));
  }
  return list;
}

/** "0.60–0.70 s", with as many digits as the stretch needs. */
function secondsText(time) {
  const length = time[1] - time[0];
  const digits = length > 0 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(length)))) : 2;
  return time[0].toFixed(digits) + "–" + time[1].toFixed(digits) + "\u00a0s";
}

/** The players of a part: {modality, name, title, value, low, high, place, time, number}. */
function playersOf(part) {
  if (part.L === undefined) return [];
  const withRegions = new Set((part.R || []).map((entry) => entry[0]));
  const list = playerList(part.L);
  const values = unpack(part.v) || [];
  const errors = unpack(part.s) || [];
  const ends = unpack(part.ci);
  const numbers = new Map();
  return list.names.map((name, place) => {
    const value = values[place] === undefined ? null : values[place];
    const error = errors[place] || null;
    const number = numbers.get(list.modalities[place]) || 0;
    numbers.set(list.modalities[place], number + 1);
    const reach = error && value !== null ? 1.96 * error : null;
    return {
      modality: list.modalities[place],
      number: number,
      name: name,
      value: value,
      low: ends ? ends[2 * place] : reach ? value - reach : null,
      high: ends ? ends[2 * place + 1] : reach ? value + reach : null,
      place: list.p ? list.p[place] : null,
      time: list.t ? list.t[place] : null,
      title: list.t && list.t[place] ? secondsText(list.t[place]) : null,
      region: withRegions.has(list.modalities[place]),
    };
  });
}

/** Names of columns with their numbers, where the data is there. */
function titledPlayers(example, players) {
  for (const [modality, packed] of example.col || []) {
    const numbers = unpack(packed) || [];
    for (const player of players) {
      if (player.modality !== modality || numbers[player.number] === undefined) continue;
      player.title = player.name + " = " + shown(numbers[player.number]);
    }
  }
  return players;
}

function barsOf(caption, players) {
  const several = new Set(players.map((player) => player.modality)).size > 1;
  const rows = players.map((player) => ({
    name: (several || player.place || player.region ? nameOf(player.modality) + " " : "") + (player.title || player.name),
    value: player.value,
    low: player.low,
    high: player.high,
  }));
  return barTable(caption, rows);
}

function modalityBars(part) {
  const rows = part.m.map((value, modality) => ({ name: nameOf(modality), value: value, ink: inkOf(nameOf(modality)), key: inkOf(nameOf(modality)) }));
  return barTable("What each modality adds", rows);
}

function pairBars(part) {
  const rows = [];
  let place = 0;
  for (let first = 0; first < part.m.length; ++first) {
    for (let second = first + 1; second < part.m.length; ++second, ++place) {
      rows.push({ name: nameOf(first) + " and " + nameOf(second), value: part.x[place] });
    }
  }
  rows.sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  return make("div", {}, make("h5", {}, "What two add only together"), barTable("Interactions of modalities", rows.slice(0, mostBars)));
}

function featureViews(example, part) {
  const players = titledPlayers(example, playersOf(part));
  const pictures = make("div");
  const words = make("div");
  report.modalities.forEach((modality, place) => {
    const own = players.filter((player) => player.modality === place);
    if (!own.length) return;
    const picture = (example.pic || []).find((entry) => entry[0] === place);
    if (picture) {
      const region = (part.R || []).find((entry) => entry[0] === place);
      pictures.append(pictureView(modality.name, picture[1], own, region && report.regions[region[1]]));
    } else if (modality.kind === "tokens") {
      words.append(wordView(modality.name, own));
    }
  });
  const strongest = players.filter((player) => player.value).sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  words.append(make("h5", {}, "Strongest features"), barsOf("Strongest features", strongest.slice(0, mostBars)), signKey());
  const views = make("div", { class: "columns" }, pictures.childElementCount ? pictures : null, words);
  const result = make("div", {}, views);
  if (strongest.length > mostBars) {
    const rest = make("details", {}, make("summary", {}, "All " + strongest.length + " features"));
    // Made when it is asked for: there may be thousands.
    rest.addEventListener("toggle", () => rest.childElementCount > 1 || rest.append(barsOf("All features", strongest)), { once: true });
    result.append(rest);
  }
  if (part.pp && part.pp.list.length) {
    const name = (player) => nameOf(player.modality) + " " + player.name;
    const rows = part.pp.list.map(([first, second, value]) => ({ name: name(players[first]) + " and " + name(players[second]), value: value }));
    result.append(make("h5", {}, "What two features add only together"), make("p", { class: "note" }, part.pp.definition), barTable("Pairs of features", rows.slice(0, mostBars)));
  }
  return result;
}

function surrogateView(part) {
  const lime = part.lime;
  const fit = "A surrogate (" + lime.kind + ") answers " + shown(lime.local) + " where the model answers " + shown(part.f) + ".";
  const trust = lime.r2 === null ? "" : " It fits with R² " + lime.r2.toFixed(2) + (lime.heldOut ? " on " + lime.heldOut + " coalitions that it has not seen." : " on all coalitions.");
  const stable = lime.stability === null ? "" : " Its strongest terms agree by " + percent(lime.stability) + " over halves of the coalitions.";
  const view = make("div", {}, make("p", {}, fit + trust + stable));
  if (lime.pairs) {
    const rows = lime.pairs.map(([first, second, value]) => ({ name: first + " and " + second, value: value }));
    view.append(make("h5", {}, "Pairs"), barTable("Pairs of the surrogate", rows));
  }
  if (lime.rules) {
    const rules = lime.rules.map(([condition, value, weight]) =>
      make("li", {}, make("bdi", {}, condition), ": " + shown(value) + " ", make("span", { class: "soft" }, "(" + percent(weight) + " of the weight)")),
    );
    view.append(make("h5", {}, "Rules"), make("ol", { class: "rules" }, ...rules.slice(0, mostRules)));
    if (rules.length > mostRules) {
      const rest = make("ol", { class: "rules", start: mostRules + 1 }, ...rules.slice(mostRules));
      view.append(make("details", {}, make("summary", {}, rules.length - mostRules + " further rules"), rest));
    }
  }
  return view;
}

function traceView(example, part) {
  const view = make("section", { class: "part" });
  const right = example.r === true;
  const verdict = part.verdict ? "Verdict: " + part.verdict + (part.confidence === null ? "" : " (" + percent(part.confidence) + ")") : "The answer is right";
  view.append(make("h4", {}, make("bdi", {}, verdict)));
  const rows = part.parts.map(([name, value]) => ({ name: name, value: value, ink: inkOf(name), key: inkOf(name), text: percent(value) }));
  if (rows.length) view.append(make("p", { class: "note" }, right ? "What keeps it right:" : "What is behind the error:"), barTable("What is behind the error", rows));
  const list = make("ul");
  for (const sentence of part.evidence) list.append(make("li", {}, make("bdi", {}, sentence)));
  view.append(list);
  return view;
}

function partView(example, part) {
  if (part.evidence) return traceView(example, part);
  const run = report.runs[part.run] || { name: "", explains: "" };
  const view = make("section", { class: "part" });
  const target = part.tg ? " (" + part.tg + ")" : "";
  const isDrop = part.how === "permutation";
  view.append(make("h4", {}, run.name, make("bdi", {}, isDrop ? ": what the answer loses" : run.explains ? ": " + run.explains + target : target)));
  if (!isDrop && part.f !== null && part.e !== null && !part.lime) {
    const format = formatter([part.f, part.e]);
    view.append(make("p", { class: "note" }, "From " + format(part.e) + " without any data to " + format(part.f) + " with all of it."));
  }
  if (part.lime) view.append(surrogateView(part));
  if (part.m.length) view.append(modalityBars(part));
  if (part.x) view.append(pairBars(part));
  if (part.L !== undefined) view.append(featureViews(example, part));
  const how = isDrop ? "" : part.how + (part.n ? ", " + part.n + " evaluations" : "");
  if (how) view.append(make("p", { class: "note" }, how));
  return view;
}

function fact(name, value) {
  return value === undefined || value === null ? null : make("div", {}, make("dt", {}, name), make("dd", {}, make("bdi", {}, value)));
}

/** Everything about one example. */
function exampleView(example) {
  const view = document.createDocumentFragment();
  const state = example.r === undefined ? null : make("span", { class: example.r ? "good" : "bad" }, example.r ? "right" : "wrong");
  const isWhole = example.l === undefined && example.p === undefined && example.id === "the whole set";
  view.append(make("h3", {}, isWhole ? "" : "Example ", make("bdi", {}, example.id)));
  view.append(make("dl", { class: "answer" }, fact("label", example.l), fact("answer", example.p), state ? make("div", {}, make("dt", {}, "the answer is"), make("dd", {}, state)) : null, fact(report.groupColumn || "group", example.g)));
  for (const [modality, text] of example.t || []) {
    view.append(make("p", { class: "texts" }, make("span", { class: "soft" }, nameOf(modality) + ": "), make("bdi", {}, text)));
  }
  // Where no run has features of a picture, it is shown by itself.
  const covered = new Set();
  for (const part of example.parts) {
    if (part.L !== undefined) playerList(part.L).modalities.forEach((modality) => covered.add(modality));
  }
  const plain = (example.pic || []).filter((entry) => !covered.has(entry[0]));
  if (plain.length) view.append(make("div", { class: "columns" }, ...plain.map((entry) => pictureView(nameOf(entry[0]), entry[1], []))));
  for (const part of example.parts) view.append(partView(example, part));
  return view;
}
