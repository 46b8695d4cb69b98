// Writes sets whose pages are as large as they get: each example has a picture, or a sound, of its own.
//   node make_large_sets.mjs ROOT FOLDER [COUNT]
//   FOLDER/pictures.json   noisy pictures with superpixels, for the demo's model
//   FOLDER/sounds.json     recordings with segments, for the model of data/tones

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(process.argv[2]);
const folder = resolve(process.argv[3]);
const count = Number(process.argv[4] || 5000);
const side = 64;
mkdirSync(folder + "/sounds", { recursive: true });

let state = 1;
/** From 0 to 1, the same in every run. */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

const pixels = new Uint8Array(count * 3 * side * side);
const questions = [];
for (let example = 0; example < count; ++example) {
  const discs = Array.from({ length: 5 }, () => [random() * side, random() * side, 5 + random() * 8, [random(), random(), random()]]);
  for (let y = 0; y < side; ++y) {
    for (let x = 0; x < side; ++x) {
      const disc = discs.find((one) => Math.hypot(x - one[0], y - one[1]) < one[2]);
      for (let channel = 0; channel < 3; ++channel) {
        const shade = disc ? 230 * disc[3][channel] : 120 + x;
        pixels[((example * 3 + channel) * side + y) * side + x] = shade + 24 * random();
      }
    }
  }
  questions.push(...Array.from({ length: 6 }, () => 1 + Math.floor(random() * 54)), 0, 0, 0, 0, 0, 0);
}
const arrays = {
  image: ["U8", [count, 3, side, side], pixels],
  question: ["I64", [count, 12], BigInt64Array.from(questions, BigInt)],
  label: ["I64", [count], new BigInt64Array(count)],
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
writeFileSync(folder + "/pictures.safetensors", Buffer.concat([length, text, ...Object.values(arrays).map((array) => Buffer.from(array[2].buffer))]));
const demo = root + "/data/shapes-vqa/";
const config = {
  model: { path: demo + "model.pt" },
  data: { path: folder + "/pictures.safetensors", classes: demo + "answers.txt" },
  modalities: [
    { name: "image", kind: "image", inputs: ["image"], players: { type: "superpixel", segments: 30 }, removal: { type: "mean" } },
    { name: "text", kind: "tokens", inputs: ["question"], special_ids: [0], vocab: demo + "vocab.txt", removal: { type: "token", id: 0 } },
  ],
};
writeFileSync(folder + "/pictures.json", JSON.stringify(config));

const samples = 3150;
const rows = ["sound,question,label"];
for (let example = 0; example < count; ++example) {
  const wav = Buffer.alloc(44 + 2 * samples);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(4000, 24);
  wav.writeUInt32LE(8000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(2 * samples, 40);
  let pitch = 0;
  for (let sample = 0; sample < samples; ++sample) {
    if (sample % 800 === 0) pitch = 300 + 900 * random();
    wav.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * pitch * sample) / 4000) + 900 * (random() - 0.5)), 44 + 2 * sample);
  }
  writeFileSync(folder + "/sounds/" + example + ".wav", wav);
  rows.push("sounds/" + example + ".wav," + ["what is the first tone", "which tone comes last", "is there a high tone"][example % 3] + "," + ["low", "high", "yes"][example % 3]);
}
writeFileSync(folder + "/sounds.csv", rows.join("\n") + "\n");
const tones = JSON.parse(readFileSync(root + "/configs/tones.json", "utf8"));
tones.model.path = root + "/data/tones/model.pt";
tones.data = { path: folder + "/sounds.csv", classes: root + "/data/tones/answers.txt" };
tones.modalities[1].tokenizer = root + "/data/tones/vocab.txt";
writeFileSync(folder + "/sounds.json", JSON.stringify(tones));
