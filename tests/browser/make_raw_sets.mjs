// Writes sets whose players are regions of pictures, for the demo's model:  node make_raw_sets.mjs ROOT FOLDER
//   FOLDER/boxes.json         pictures with boxes; names of files, boxes, questions and groups try to become markup
//   FOLDER/masks.json         pictures with masks, each its own
//   FOLDER/superpixels.json   pictures with superpixels

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(process.argv[2]);
const folder = resolve(process.argv[3]);
const demo = root + "/data/shapes-vqa/";
const side = 64;
mkdirSync(folder + "/<img src=x onerror=alert(1)>", { recursive: true });

function write(name, data, image) {
  const config = {
    model: { path: demo + "model.pt" },
    data: { classes: demo + "answers.txt", ...data },
    modalities: [
      { name: "image", kind: "image", inputs: ["image"], removal: { type: "mean" }, ...image },
      { name: "text", kind: "tokens", inputs: ["question"], removal: { type: "token", id: 0 } },
    ],
  };
  if (data.path.endsWith("safetensors")) Object.assign(config.modalities[1], { special_ids: [0], vocab: demo + "vocab.txt" });
  else Object.assign(config.modalities[1], { column: "question", tokenizer: root + "/data/shapes-raw/tokenizer.json", max_length: 12, players: { type: "word" } });
  writeFileSync(folder + "/" + name + ".json", JSON.stringify(config));
}

const names = [
  "<script>alert(1)</script>",
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  "circle",
  "a box whose name is much longer than any place that there could be for it on a narrow screen",
];
const lines = [];
for (let place = 0; place < 12; ++place) {
  const number = String(place).padStart(3, "0");
  // A folder and a file whose path together would end a script.
  const file = (place % 2 === 0 ? "<img src=x onerror=alert(1)>/" : "") + number + "'\"&<b>.png";
  copyFileSync(root + "/data/shapes-raw/pictures/" + number + ".png", folder + "/" + file);
  const boxes = names.map((name, box) => [((box * 11 + place) % 40) + 2, ((box * 17 + place * 3) % 40) + 2, ((box * 11 + place) % 40) + 22, ((box * 17 + place * 3) % 40) + 20, name]);
  const question = place % 3 === 0 ? "<b class=hostile>what</b> color is the circle" : "how many circles are there";
  lines.push(JSON.stringify({ picture: file, question: question, label: place % 2 ? "2" : "red", boxes: boxes, kind: names[place % 2] }));
}
writeFileSync(folder + "/boxes.jsonl", lines.join("\n") + "\n");
write("boxes", { path: folder + "/boxes.jsonl", group: "kind" }, { column: "picture", players: { type: "box", column: "boxes" } });

// Discs on a ground, [N, 3, 64, 64], and for each the number of what is there.
const count = 6;
const pixels = new Uint8Array(count * 3 * side * side);
const players = new Uint8Array(count * side * side);
for (let example = 0; example < count; ++example) {
  for (let y = 0; y < side; ++y) {
    for (let x = 0; x < side; ++x) {
      const disc = [0, 1, 2].find((one) => Math.hypot(x - 14 - 18 * one, y - 16 - ((example * 7 + one * 13) % 34)) < 10);
      players[(example * side + y) * side + x] = disc === undefined ? 0 : disc + 1;
      for (let channel = 0; channel < 3; ++channel) pixels[((example * 3 + channel) * side + y) * side + x] = disc === undefined ? 200 + ((x * y) % 20) : channel === disc ? 230 : 40;
    }
  }
}
const words = [54, 15, 25, 43, 12, 27, 51, 0, 0, 0, 0, 0];
const arrays = {
  image: ["U8", [count, 3, side, side], pixels],
  image__players: ["U8", [count, 1, side, side], players],
  question: ["I64", [count, words.length], BigInt64Array.from(Array(count).fill(words).flat(), BigInt)],
  label: ["I64", [count], BigInt64Array.from(Array(count).fill(3), BigInt)],
};
const header = {};
let end = 0;
for (const [name, [dtype, shape, data]] of Object.entries(arrays)) {
  header[name] = { dtype: dtype, shape: shape, data_offsets: [end, end + data.byteLength] };
  end += data.byteLength;
}
const text = Buffer.from(JSON.stringify(header));
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(text.length));
writeFileSync(folder + "/masks.safetensors", Buffer.concat([length, text, ...Object.values(arrays).map((array) => Buffer.from(array[2].buffer))]));
write("masks", { path: folder + "/masks.safetensors" }, { players: { type: "mask" } });

write("superpixels", { path: root + "/data/shapes-raw/val.csv", group: "question_type" }, { column: "picture", players: { type: "superpixel", segments: 30 } });
