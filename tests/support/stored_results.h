#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "modattr/history/result_store.h"
#include "modattr/report/formats/examples_writer.h"
#include "modattr/report/formats/json_writer.h"

namespace modattr {

/// The scores of `modattr permute` on a release: the drop of the text is `drop`, that of the image 1/3.
inline ScoreTable release_table(double drop) {
  ScoreTable table;
  table.version = "0.1.0";
  table.command = "permute";
  table.created = "2024-05-01T12:00:00Z";
  table.model = {"model.pt", std::string(64, 'a')};
  table.data = {"val.npz", std::string(64, 'b')};
  table.example_count = 400;
  table.config =
      R"({"model": {"path": "model.pt", "kind": "logits"}, "data": {"path": "val.npz"}, "metric": "accuracy", "seed": 0,)"
      R"( "permute": {"repeats": 10, "examples": null, "ids": [], "device": "cpu"}})";
  table.metric = "accuracy";
  table.score = 0.875;
  table.score_ci95 = Interval{0.8, 0.95};
  table.rows = {{.modality = "text",
                 .definition = "permutation.drop",
                 .group = std::nullopt,
                 .value = drop,
                 .std_error = 0.01,
                 .ci95 = Interval{drop - 0.1, drop + 0.1},
                 .examples = 400,
                 .p_value = 0.09},
                {.modality = "image",
                 .definition = "permutation.drop",
                 .group = "Über, \"alles\"",
                 .value = 1.0 / 3.0,
                 .std_error = std::nullopt,
                 .ci95 = std::nullopt,
                 .examples = 0,
                 .p_value = std::nullopt}};
  return table;
}

/// Its files, with an examples.jsonl of `example_bytes`, which need not be one.
inline StoredFiles release_files(const ScoreTable& table, std::size_t example_bytes = 0) {
  return {.scores_json = to_json(table), .examples_jsonl = std::string(example_bytes, 'x'), .trace_jsonl = {}};
}
inline StoredFiles release_files(double drop, std::size_t example_bytes = 0) {
  return release_files(release_table(drop), example_bytes);
}

/// Appends with a connection of its own.
inline std::int64_t append_release(const std::filesystem::path& file, const StoredFiles& files,
                                   const std::optional<std::string>& tag = std::nullopt) {
  return ResultStore::open_to_append(file).append(files, tag);
}

/// Everything that a store says of a result beside its files, to compare.
inline std::string described(const StoredResult& result) {
  ScoreTable table;
  table.version = result.head.version;
  table.command = result.head.command;
  table.created = result.head.created;
  table.model = result.head.model;
  table.data = result.head.data;
  table.example_count = result.head.example_count;
  table.config = result.head.config;
  table.metric = result.head.metric;
  table.score = result.head.score;
  table.score_ci95 = result.head.score_ci95;
  std::string runs;
  for (const StoredRow& row : result.rows) {
    table.rows.push_back(row.score);
    runs += row.run + " ";
  }
  return std::to_string(result.id) + " " + result.tag.value_or("without a tag") + " " + runs + "\n" + to_json(table);
}

}  // namespace modattr
