"use strict";

// What the page holds of the examples, and how it is read.

const report = JSON.parse(document.getElementById("data").textContent);

/** Numbers as `packed` holds them: an exponent, then whole multiples of its power of ten. */
function unpack(packed) {
  if (!packed) return null;
  const unit = Math.pow(10, packed[0]);
  return packed.slice(1).map((value) => (value === null ? null : value * unit));
}

/** The numbers behind the letters of a map of regions: five bits a letter, 32 where another one follows. */
function lettersToNumbers(text) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const numbers = [];
  let number = 0;
  let bits = 0;
  for (const letter of text) {
    const digit = letters.indexOf(letter);
    number += (digit & 31) << bits;
    bits += 5;
    if (digit & 32) continue;
    numbers.push(number);
    number = 0;
    bits = 0;
  }
  return numbers;
}

/** For each player of a map of regions the outline that an SVG path needs, in the map's pixels. */
function regionPaths(map) {
  const paths = new Map();
  const numbers = lettersToNumbers(map.runs);
  let pixel = 0;
  for (let place = 0; place + 1 < numbers.length; place += 2) {
    const end = pixel + numbers[place + 1];
    // Stretches of several rows, each with its own part of the path.
    while (pixel < end) {
      const column = pixel % map.w;
      const count = Math.min(end - pixel, map.w - column);
      const part = "M" + column + " " + Math.floor(pixel / map.w) + "h" + count + "v1h-" + count + "z";
      if (numbers[place]) paths.set(numbers[place] - 1, (paths.get(numbers[place] - 1) || "") + part);
      pixel += count;
    }
  }
  return paths;
}

/** Prints numbers of one column: three digits of the largest, with a real minus sign. */
function formatter(values) {
  let largest = 0;
  for (const value of values) {
    if (value !== null && value !== undefined) largest = Math.max(largest, Math.abs(value));
  }
  const order = largest > 0 ? Math.floor(Math.log10(largest)) : 0;
  return (value) => {
    if (value === null || value === undefined) return "–";
    const text = order < -5 || order > 5 ? value.toExponential(2) : value.toFixed(Math.max(0, 3 - order));
    return text.replace("-", "−");
  };
}

/** A number by itself. */
function shown(value) {
  return formatter([value])(value);
}

function signed(text) {
  return text.startsWith("−") || text === "–" || Number(text) === 0 ? text : "+" + text;
}

function percent(value) {
  return value === null ? "–" : (100 * value).toFixed(value > 0.0995 && value < 0.995 ? 0 : 1) + " %";
}

function signOf(value) {
  return value < 0 ? "neg" : "pos";
}

/** "m0" ... of a modality, as figures have it; "model" and "undecided" stand for themselves. */
function inkOf(name) {
  const place = report.modalities.findIndex((modality) => modality.name === name);
  return place >= 0 ? "m" + (place % 8) : name === "model" ? "model" : "undecided";
}

function culpritOf(example) {
  const traced = example.parts.find((part) => part.verdict);
  return traced ? traced.verdict : "";
}

/** All that a search looks at, in small letters. */
function wordsOf(example) {
  if (!example.words) {
    const texts = (example.t || []).map((text) => text[1]);
    example.words = [example.id, example.l, example.p, example.g, ...texts].filter((word) => word).join("\n").toLowerCase();
  }
  return example.words;
}

/** The largest magnitude that a modality has in any explanation of an example. */
function effectOf(example, modality) {
  let effect = 0;
  for (const part of example.parts) {
    if (part.m) effect = Math.max(effect, Math.abs(part.m[modality] || 0));
  }
  return effect;
}

/** Places of the examples that pass, in the order that is asked for. */
function chosenExamples(filter) {
  const words = filter.search.toLowerCase().split(/\s+/).filter((word) => word);
  const places = [];
  report.examples.forEach((example, place) => {
    if (filter.answer && example.r !== (filter.answer === "right")) return;
    if (filter.culprit && culpritOf(example) !== filter.culprit) return;
    if (filter.group && example.g !== filter.group) return;
    if (filter.label && example.l !== filter.label) return;
    if (words.some((word) => !wordsOf(example).includes(word))) return;
    places.push(place);
  });
  // An id that is searched for stands first.
  if (words.length === 1) {
    const exact = places.findIndex((place) => report.examples[place].id.toLowerCase() === words[0]);
    if (exact > 0) places.unshift(...places.splice(exact, 1));
  }
  if (!filter.order) return places;
  const keys = new Map();
  for (const place of places) {
    const example = report.examples[place];
    const traced = example.parts.find((part) => part.verdict);
    const key = filter.order === "confidence" ? (traced ? traced.confidence || 0 : -1) : effectOf(example, Number(filter.order));
    keys.set(place, key);
  }
  return places.sort((one, other) => keys.get(other) - keys.get(one) || one - other);
}
