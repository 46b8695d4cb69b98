// Writes results whose texts try to become markup or code:  node make_hostile.mjs FOLDER
// The same texts as in report_page_test.cpp.

import { mkdirSync, writeFileSync } from "node:fs";

const folder = process.argv[2];
const texts = [
  "<script>alert(1)</script>",
  "</script><script>alert(1)</script>",
  "<!-- <script>",
  "--><img src=x onerror=alert(1)>",
  '<img src=x onerror="alert(1)">',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  "javascript:alert(1)",
  ']]><b class="hostile">',
  "&lt;script&gt;",
  "&#60;script&#62;",
  '<a href="javascript:alert(1)" class="hostile">x</a>',
  "</style><style>*{display:none}</style>",
  "</title><script>alert(1)</script>",
  "line\u2028separator\u2029end",
  "abc\u202Efed\u2066x",
  "nul\u0000byte",
  "\u001b]0;title\u0007",
  "\ufffe not a character",
  "<ScRiPt>alert(String.fromCharCode(88))</sCrIpT>",
];
const modality = texts[4];
const scores = {
  schema: "modattr.scores/2",
  version: texts[0],
  command: "shap",
  created: texts[1],
  model: { path: texts[13], sha256: texts[2] },
  data: { path: texts[5], sha256: texts[3], examples: 20 },
  config: { modalities: [{ name: modality, kind: "tokens" }, { name: "text", kind: "tokens" }], shap: { value: texts[8], target: texts[6] }, seed: 0 },
  metric: texts[11],
  score: 0.5,
  score_ci95: null,
  evaluations: { model: 0, encoder: 0, fusion: 0 },
  seconds: 1,
  rows: texts.flatMap((text) => [
    { modality: modality, definition: "shapley.mean", group: text, value: 0.5, std_error: null, ci95: [0.4, 0.6], examples: 1, p_value: null, p_value_examples: null },
    { modality: modality, definition: text, group: null, value: 0.5, std_error: null, ci95: null, examples: 1, p_value: null, p_value_examples: null },
  ]),
  warnings: texts,
};
scores.rows.push({ ...scores.rows[0], group: null });
const example = (text, place) => ({
  id: place === 0 ? text : text + " " + place,
  label: 0,
  predicted: 1,
  target: 1,
  label_name: text,
  predicted_name: text,
  target_name: text,
  texts: { [modality]: text, text: text },
  value_full: 0.5,
  value_empty: 0.25,
  efficiency_gap: 0,
  modalities: { [modality]: 0.5, text: -0.25 },
  interactions: { [modality + "|text"]: 0.125 },
  players: [
    { modality: modality, player: 0, name: text, value: 0.5, std_error: 0.1 },
    { modality: "text", player: 0, name: text, value: -0.25, std_error: null },
  ],
  evaluations: 4,
  method: text,
  intercept: 0,
  r2: 0.5,
  local_prediction: 0.5,
  stability: 1,
  held_out: 4,
  pairs: [],
  rules: [{ condition: text, value: 0.5, weight: 0.5 }],
});
const traced = (text, place) => ({
  id: place === 0 ? text : text + " " + place,
  label: 0,
  predicted: 1,
  right: false,
  probability_of_label: 0.1,
  verdict: text,
  confidence: 0.9,
  evidence: { [text]: { repaired: 1, donors: 10, p_data: 0.01 } },
  probability: { [text]: 0.9, model: 0.1 },
  evaluations: 4,
});
mkdirSync(folder, { recursive: true });
writeFileSync(folder + "/scores.json", JSON.stringify(scores));
writeFileSync(folder + "/examples.jsonl", texts.map((text, place) => JSON.stringify(example(text, place)) + "\n").join(""));
writeFileSync(folder + "/trace.jsonl", texts.map((text, place) => JSON.stringify(traced(text, place)) + "\n").join(""));
