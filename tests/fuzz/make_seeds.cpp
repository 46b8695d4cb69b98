// make_seeds FOLDER writes small valid inputs for every fuzz target to FOLDER/<format>.

#include <cstdlib>
#include <iostream>

#include <nlohmann/json.hpp>

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

constexpr const char* kXgboostModel =
    R"({"learner":{"feature_names":["a","b"],"gradient_booster":{"name":"dart","gbtree":{"model":{"tree_info":[0],"trees":[{)"
    R"("left_children":[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1],"split_indices":[0,0,1,0,0],)"
    R"("split_conditions":[0.5,1,NaN,2,4],"default_left":[1,0,false,0,0],"sum_hessian":[10,6,4,3,1],)"
    R"("split_type":[0,0,1,0,0],"categories":[0,2],"categories_nodes":[2],"categories_segments":[0],"categories_sizes":[2],)"
    R"("tree_param":{"size_leaf_vector":"1"}}]}},"weight_drop":[0.5]},"learner_model_param":{"base_score":"[5E-1]",)"
    R"("num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"binary:logistic"}}})";

/// The same in UBJSON, less what it has no room for.
std::string ubjson_model() {
  std::string text = kXgboostModel;
  text.replace(text.find("NaN"), 3, "0.5");
  const std::vector<std::uint8_t> bytes = nlohmann::json::to_ubjson(nlohmann::json::parse(text), true, true);
  return {bytes.begin(), bytes.end()};
}

constexpr const char* kLightgbmModel =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=2\n"
    "objective=binary sigmoid:2\naverage_output\nfeature_names=a b c\n\nTree=0\nnum_leaves=3\nnum_cat=1\n"
    "split_feature=0 2\nthreshold=40.5 0\ndecision_type=10 1\nleft_child=-1 -2\nright_child=1 -3\n"
    "leaf_value=1 2 4\nleaf_count=6 3 1\ninternal_count=10 4\ncat_boundaries=0 1\ncat_threshold=5\nis_linear=0\n\n"
    "Tree=1\nnum_leaves=1\nleaf_value=0.5\n\nend of trees\n";

constexpr const char* kBertTokenizer =
    R"({"added_tokens":[{"id":4,"content":"[M]","lstrip":true,"special":true}],"normalizer":{"type":"BertNormalizer"},)"
    R"("pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["s",1],"cls":["c",2]},)"
    R"("truncation":{"max_length":9,"strategy":"LongestFirst","stride":0},"padding":{"strategy":{"Fixed":9},"pad_id":0},)"
    R"("model":{"type":"WordPiece","vocab":{"[UNK]":0,"what":1,"##s":2,"up":3}}})";
constexpr const char* kGptTokenizer =
    R"({"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":"a+"},)"
    R"("content":"b"}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":" "},)"
    R"("behavior":"MergedWithNext"},{"type":"ByteLevel"}]},"post_processor":{"type":"ByteLevel"},)"
    R"("model":{"type":"BPE","vocab":{"l":0,"o":1,"lo":2,"w":3,"low":4},"merges":["l o","lo w"]}})";
constexpr const char* kUnigramTokenizer =
    R"({"normalizer":{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAABhAA=="},"pre_tokenizer":{"type":"Metaspace"},)"
    R"("model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["\u2581a",-1],["b",-2.5]]}})";

}  // namespace

int main(int argument_count, char** arguments) {
  using modattr::TestArray;
  if (argument_count != 2) {
    std::cerr << "usage: make_seeds FOLDER\n";
    return EXIT_FAILURE;
  }
  const std::filesystem::path folder = arguments[1];
  for (const char* const format : {"npz", "pt", "safetensors", "metadata", "csv", "picture", "sound", "scores",
                                   "examples", "trees", "tokenizer"}) {
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

  modattr::write_file(folder / "csv/rows", "\xEF\xBB\xBFid,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2,\n");
  modattr::write_file(folder / "metadata/lines",
                      "{\"id\": 1, \"group\": \"a\\u00e9\"}\n{\"group\": true, \"id\": -1.5e3, \"x\": [{}, [null]]}\n");

  const modattr::ScoreTable table = small_table();
  modattr::write_file(folder / "scores/table", modattr::to_json(table));
  modattr::write_file(folder / "examples/lines", modattr::to_json_lines(table));
  modattr::write_file(folder / "trees/xgboost", kXgboostModel);
  modattr::write_file(folder / "trees/ubjson", ubjson_model());
  modattr::write_file(folder / "trees/lightgbm", kLightgbmModel);
  modattr::write_file(folder / "tokenizer/bert", kBertTokenizer + std::string("\0What's up?", 11));
  modattr::write_file(folder / "tokenizer/gpt", kGptTokenizer + std::string("\0low lower", 10));
  modattr::write_file(folder / "tokenizer/unigram", kUnigramTokenizer + std::string("\0a b", 4));
  modattr::write_file(folder / "tokenizer/vocab", "[UNK]\n[CLS]\n[SEP]\nwhat\n##s\n");
  return EXIT_SUCCESS;
}
