// make_seeds FOLDER writes small valid inputs for every fuzz target to FOLDER/<format>.

#include <cstdlib>
#include <iostream>

#include "modattr/report/formats/examples_writer.h"
#include "modattr/report/formats/json_writer.h"
#include "support/array_writers.h"

namespace {

/// One of every field.
modattr::ScoreTable small_table() {
  modattr::ScoreTable table;
  table.command = "lime";
  table.config = R"({"seed":7,"modalities":[{"name":"image"},{"name":"text"}],"lime":{"repeats":null}})";
  table.modalities = {"image", "text"};
  table.metric = "mse";
  table.score = 0.5;
  table.rows = {{"text", "lime.share", "g", 0.5, 0.25, modattr::Interval{0.25, 0.75}, 3, 0.125},
                {"all", "lime.r2", {}, {}, {}, {}, 3, {}}};
  table.warnings = {"a warning"};
  modattr::ExampleRecord record{.id = "17", .label = 3.0, .predicted = 5, .target = 5, .attribution = {}};
  modattr::ExampleAttribution& attribution = record.attribution;
  attribution.modalities = {0.5, -0.5};
  attribution.interactions = {0.25};
  attribution.players = {{.modality = 1, .player = 0, .label = "red", .value = 0.5, .std_error = 0.25}};
  attribution.players.front().ci95 = modattr::Interval{0.0, 1.0};
  attribution.method = "tree";
  table.examples = {record, {.id = "a", .label = 0.5, .predicted = {}, .target = 0, .attribution = attribution}};
  attribution.surrogate = modattr::SurrogateReport{.kind = "tree",
                                                   .intercept = 0.125,
                                                   .local_prediction = 0.5,
                                                   .r2 = 0.75,
                                                   .held_out_count = 102,
                                                   .stability = 0.5,
                                                   .pairs = {{{0, 3, "1,1"}, {1, 0, "red"}, 0.5, 0.25}},
                                                   .rules = {{"text 'red'", 1.5, 0.5}}};
  attribution.details = {
      {"verdict", "image"},
      {"evidence", modattr::Detail::Object{{{"blame", modattr::Detail::List{{{"", 0.5}, {"", {}}}}}}}}};
  table.examples.push_back(record);
  return table;
}

}  // namespace

int main(int argument_count, char** arguments) {
  using modattr::TestArray;
  if (argument_count != 2) {
    std::cerr << "usage: make_seeds FOLDER\n";
    return EXIT_FAILURE;
  }
  const std::filesystem::path folder = arguments[1];
  for (const char* const format : {"npz", "pt", "safetensors", "metadata", "scores", "examples"}) {
    std::filesystem::create_directories(folder / format);
  }
  const std::vector<TestArray> arrays = {TestArray::of<float>("x", {2, 2}, {1, 2, 3, 4}),
                                         TestArray::of<bool>("mask", {1}, {true})};

  modattr::write_npz(folder / "npz/stored", arrays);
  modattr::write_npz(folder / "npz/deflated", arrays, modattr::ZipCompression::kDeflated);
  const std::string elements = arrays[0].bytes;
  const std::string fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }";
  modattr::write_file(folder / "npz/array", "0" + modattr::npy_content(arrays[0]));
  modattr::write_file(folder / "npz/fortran", "1" + modattr::npy_content(fortran, elements));

  modattr::write_pt(folder / "pt/archive", arrays);
  modattr::write_file(folder / "pt/contiguous",
                      modattr::pickle_content({{.name = "x", .storage_items = 6, .shape = {2, 3}, .strides = {3, 1}}}));
  modattr::write_file(
      folder / "pt/strided",
      modattr::pickle_content(
          {{.name = "x", .storage_items = 6, .offset = 1, .shape = {2, 1, 2}, .strides = {1, 9, 2}},
           {.name = "b", .storage_type = "BoolStorage", .storage_key = "2", .storage_items = 2, .shape = {}}}));

  modattr::write_safetensors(folder / "safetensors/file", arrays);
  modattr::write_file(folder / "safetensors/header",
                      R"({"__metadata__":{"format":"pt"},"x":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                      R"("b":{"dtype":"U8","shape":[],"data_offsets":[16,17]}})");

  modattr::write_file(folder / "metadata/lines",
                      "{\"id\": 1, \"group\": \"a\\u00e9\"}\n{\"group\": true, \"id\": -1.5e3, \"x\": [{}, [null]]}\n");

  const modattr::ScoreTable table = small_table();
  modattr::write_file(folder / "scores/table", modattr::to_json(table));
  modattr::write_file(folder / "examples/lines", modattr::to_json_lines(table));
  return EXIT_SUCCESS;
}
