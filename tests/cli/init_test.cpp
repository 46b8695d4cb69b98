// What init writes for a model and a set, and says of it.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "question_set.h"

namespace modattr::init_test {
namespace {

TEST(Init, WritesAConfigurationThatRuns) {
  Project project("logits", {});
  project.model(kQuestionModel).data(question_data());
  const std::vector<std::string> init = {"init", "--model", "model.pt", "--data", "val.npz", "--config", "sub.json"};
  const ProgramResult result = project.run(init);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.output.find("wrote sub.json"), std::string::npos);
  const Json config = Json::parse(read_file(project.path("sub.json")));
  EXPECT_EQ(config.at("model"), Json({{"path", "model.pt"}, {"kind", "logits"}}));
  EXPECT_EQ(config.at("data"), Json({{"path", "val.npz"}, {"label", "label"}, {"id", "id"}}));
  const Json& modalities = config.at("modalities");
  ASSERT_EQ(modalities.size(), 2U);
  EXPECT_EQ(modalities[0], Json({{"name", "image"}, {"kind", "image"}, {"inputs", {"image"}}}));
  EXPECT_EQ(modalities[1], Json({{"name", "text"}, {"kind", "tokens"}, {"inputs", {"input_ids", "attention_mask"}}}));
  const Scores scores = project.permute({"--config", "sub.json", "--exact"});
  EXPECT_EQ(scores.drop("image"), 0.0);

  const std::string older = read_file(project.path("sub.json"));
  expect_one_line(project.run(init), 2, {"sub.json: expected no such file, got one; use --force to replace it"});
  EXPECT_EQ(read_file(project.path("sub.json")), older);
  std::vector<std::string> forced = init;
  forced.emplace_back("--force");
  EXPECT_EQ(project.run(forced).exit_code, 0);
}

/// What init writes for sounds of 6 samples, ids of `id_count` and a mask of `mask_length`, and what it says.
std::pair<Json, std::string> masked_project(std::int64_t id_count, std::int64_t mask_length) {
  Project project("logits", {});
  project
      .model(
          "def forward(self, waveform, input_ids, attention_mask):\n"
          "  score = waveform.mean([1, 2]) + input_ids.float().mean(1) * attention_mask.float().mean(1)\n"
          "  return torch.stack([score, -score], 1)")
      .data({TestArray::of<float>("waveform", {2, 1, 6}, {1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1}),
             TestArray::of<std::int64_t>("input_ids", {2, id_count},
                                         std::vector<std::int64_t>(static_cast<std::size_t>(2 * id_count), 3)),
             TestArray::of<std::int64_t>("attention_mask", {2, mask_length},
                                         std::vector<std::int64_t>(static_cast<std::size_t>(2 * mask_length), 1)),
             TestArray::of<std::int64_t>("label", {2}, {0, 1})});
  const ProgramResult result =
      project.run({"init", "--model", "model.pt", "--data", "val.npz", "--config", "sub.json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return {Json::parse(read_file(project.path("sub.json"))).at("modalities"), result.output};
}

TEST(Init, GivesAMaskToWhatIsAsLong) {
  const auto [of_sounds, about_sounds] = masked_project(4, 6);
  EXPECT_EQ(of_sounds[0].at("inputs"), Json({"waveform", "attention_mask"}));
  EXPECT_EQ(of_sounds[1].at("inputs"), Json({"input_ids"}));
  EXPECT_EQ(about_sounds.find("may be meant"), std::string::npos) << about_sounds;
  const auto [of_texts, about_texts] = masked_project(4, 4);
  EXPECT_EQ(of_texts[0].at("inputs"), Json({"waveform"}));
  EXPECT_EQ(of_texts[1].at("inputs"), Json({"input_ids", "attention_mask"}));
  EXPECT_EQ(about_texts.find("may be meant"), std::string::npos) << about_texts;
}

TEST(Init, SaysWhoseAMaskMayBe) {
  const auto [both, about_both] = masked_project(6, 6);
  EXPECT_EQ(both[1].at("inputs"), Json({"input_ids", "attention_mask"}));
  EXPECT_NE(about_both.find("warning: 'attention_mask' was taken for a mask of the tokens, but may be meant for the "
                            "sounds of 'waveform': both are as long as it is"),
            std::string::npos)
      << about_both;
  const auto [neither, about_neither] = masked_project(4, 3);
  EXPECT_EQ(neither[1].at("inputs"), Json({"input_ids", "attention_mask"}));
  EXPECT_NE(about_neither.find("neither is as long"), std::string::npos) << about_neither;
}

TEST(Init, TakesTextsOfAnArchiveForIds) {
  const auto texts = [](const std::string& bytes) {
    return npy_content("{'descr': '|S2', 'fortran_order': False, 'shape': (2,), }", bytes);
  };
  Project project("logits", {});
  project.model("def forward(self, x):\n  return x");
  write_zip(project.path("val.npz"), {{"x.npy", npy_content(TestArray::of<float>("x", {2, 2}, {1, 2, 3, 4}))},
                                      {"id.npy", texts("q1q2")},
                                      {"kind.npy", texts("k1k1")}});
  const ProgramResult result =
      project.run({"init", "--model", "model.pt", "--data", "val.npz", "--group", "kind", "--config", "sub.json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  for (const char* line : {"data.id: 'id' text[2]", "data.group: 'kind' text[2]"}) {
    EXPECT_NE(result.output.find(line), std::string::npos) << result.output;
  }
}

TEST(Init, WritesPathsRelativeToTheConfiguration) {
  Project project("regression", {});
  project.model("def forward(self, x):\n  return x[:, 0]")
      .data({TestArray::of<float>("x", {3, 2}, {1, 2, 3, 4, 5, 6}), TestArray::of<float>("y", {3}, {1, 2, 3})});
  std::filesystem::create_directory(project.path("sub"));
  const ProgramResult result =
      project.run({"init", "--model", "model.pt", "--data", "val.npz", "--config", "sub/modattr.json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const Json config = Json::parse(read_file(project.path("sub/modattr.json")));
  EXPECT_EQ(config.at("model"), Json({{"path", "../model.pt"}, {"kind", "regression"}}));
  EXPECT_EQ(config.at("data"), Json({{"path", "../val.npz"}, {"label", "y"}}));
  EXPECT_EQ(config.at("metric"), "mse");
  EXPECT_GT(project.permute({"--config", "sub/modattr.json"}).drop("x"), 0.0);
}

/// What init writes for this model and data, and says of it.
struct Written {
  ProgramResult result;
  Json config;
};

Written write_starter(const char* forward, const std::vector<TestArray>& arrays,
                      const std::vector<std::string>& options = {}) {
  Project project("logits", {});
  project.model(forward).data(arrays);
  std::vector<std::string> arguments = {"init", "--model", "model.pt", "--data", "val.npz", "--config", "new.json"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  Written written{project.run(arguments), {}};
  if (std::filesystem::exists(project.path("new.json"))) {
    written.config = Json::parse(read_file(project.path("new.json")));
  }
  return written;
}

void expect_task(const Written& written, const char* kind, const char* metric) {
  EXPECT_EQ(written.config.at("model").at("kind"), kind) << written.result.output << written.result.errors;
  EXPECT_EQ(written.config.value("metric", ""), metric);
}

TEST(Init, TellsTheTaskByAnswersAndLabels) {
  const TestArray x = table("x", {1, 2, 3, -4, 5, 6});
  const auto labels = [](const std::vector<float>& values) { return TestArray::of<float>("y", {3}, values); };
  const auto rows = [](const std::vector<std::int64_t>& values) {
    return TestArray::of<std::int64_t>("y", {3, 2}, values);
  };
  constexpr const char* kTwo = "def forward(self, x):\n  return x * 1.5";
  constexpr const char* kOne = "def forward(self, x):\n  return x.sum(1) * 0.5";
  const Written binary = write_starter(kOne, {x, TestArray::of<std::int64_t>("y", {3}, {0, 1, 1})});
  expect_task(binary, "logits", "accuracy");
  EXPECT_EQ(binary.result.exit_code, 0) << binary.result.errors;
  // Sums 3, -1 and 11: only the last has the sign of its label.
  EXPECT_NE(binary.result.output.find("it works: accuracy 0.333333"), std::string::npos) << binary.result.output;
  expect_task(write_starter(kOne, {x, labels({0, 1, 1})}), "logits", "accuracy");
  expect_task(write_starter(kTwo, {x, rows({0, 1, 1, 0, 0, 1})}), "logits", "accuracy");
  expect_task(write_starter("def forward(self, x):\n  return torch.softmax(x, 1)", {x, labels({0, 1, 1})}),
              "probabilities", "accuracy");
  expect_task(write_starter(kTwo, {x, rows({1, 1, 1, 0, 0, 1})}), "multilabel", "macro_f1");
  expect_task(write_starter(kTwo, {x, rows({3, 0, 1, 0, 0, 1})}), "logits", "vqa_accuracy");
  expect_task(write_starter(kOne, {x, labels({0.5F, 1, 7})}), "regression", "mse");
  const Written signs = write_starter(kOne, {x, labels({-1, 1, -1})});
  expect_task(signs, "regression", "mse");
  EXPECT_NE(signs.result.output.find("if these two are classes, save them as 0 and 1"), std::string::npos)
      << signs.result.output;
  const Written soft = write_starter(kTwo, {x, TestArray::of<float>("y", {3, 2}, {0.3F, 1, 0, 0.6F, 0, 0})});
  expect_task(soft, "regression", "mse");
  EXPECT_NE(soft.result.output.find("save the counts"), std::string::npos) << soft.result.output;
  const Written unlabelled = write_starter(kOne, {x});
  expect_task(unlabelled, "regression", "output");
  EXPECT_EQ(unlabelled.result.exit_code, 0) << unlabelled.result.errors;
}

TEST(Init, WritesTheNumberOfRowsThatAModelIsTracedFor) {
  const TestArray x = table("x", {1, 2, 3, -4, 5, 6});
  const TestArray y = TestArray::of<std::int64_t>("y", {3}, {1, 0, 1});
  for (const int rows : {1, 4, 16}) {
    const Written written = write_starter(
        ("def forward(self, x):\n  return (x * 1.5).view(" + std::to_string(rows) + ", 2)").c_str(), {x, y});
    EXPECT_EQ(written.config.at("model").value("rows_per_call", 0), rows);
    EXPECT_EQ(written.result.exit_code, 0) << written.result.errors;
  }
  // What it fails on is a row's data here, not their number.
  const Written picky =
      write_starter("def forward(self, x):\n  assert x.size(0) == 1 or bool(x.min() > 0)\n  return x", {x, y});
  EXPECT_FALSE(picky.config.at("model").contains("rows_per_call"));
}

TEST(Init, TellsTheOutputOfALanguageModelAndItsPadding) {
  const std::vector<TestArray> arrays = {TestArray::of<std::int64_t>("ids", {2, 3}, {1, 2, 3, 1, 3, 0}),
                                         TestArray::of<std::int64_t>("attention_mask", {2, 3}, {1, 1, 1, 1, 1, 0}),
                                         TestArray::of<std::int64_t>("labels", {2, 3}, {-100, 2, 3, -100, 3, -100})};
  const Written written = write_starter(
      "def forward(self, ids, attention_mask):\n"
      "  logits = torch.one_hot(ids * attention_mask, 4).float()\n"
      "  return {\"hidden\": logits[:, :, 0], \"logits\": logits}",
      arrays);
  EXPECT_EQ(written.result.exit_code, 0) << written.result.errors;
  expect_task(written, "causal_lm", "log_loss");
  EXPECT_EQ(written.config.at("model").at("output"), "logits");
  EXPECT_EQ(written.config.at("data"), Json({{"path", "val.npz"}, {"label", "labels"}}));
  EXPECT_EQ(written.config.at("modalities").at(0),
            Json({{"name", "ids"}, {"kind", "tokens"}, {"inputs", {"ids", "attention_mask"}}, {"special_ids", {0}}}));
}

TEST(Init, TakesForPaddingWhatOnlyEndsRows) {
  const auto special_ids = [](const std::vector<std::int64_t>& ids) {
    const Written written = write_starter("def forward(self, ids):\n  return torch.one_hot(ids, 10).float().sum(1)",
                                          {TestArray::of<std::int64_t>("ids", {3, 4}, ids)});
    return written.config.at("modalities").at(0).value("special_ids", Json());
  };
  EXPECT_EQ(special_ids({5, 6, 0, 0, 7, 0, 0, 0, 8, 9, 3, 0}), Json({0}));
  // 7 ends two rows, one of them twice, but stands before another id, too.
  EXPECT_EQ(special_ids({5, 6, 7, 7, 7, 4, 2, 7, 8, 9, 3, 1}), Json());
  EXPECT_EQ(special_ids({5, 6, 1, 2, 7, 4, 2, 3, 8, 9, 3, 1}), Json());
}

TEST(Init, OptionsReplaceGuessesAndAreChecked) {
  const std::vector<TestArray> arrays = {table("x", {1, 2, 3, -4, 5, 6}),
                                         TestArray::of<std::int64_t>("truth", {3}, {0, 1, 1}),
                                         TestArray::of<std::int64_t>("key", {3}, {7, 8, 9})};
  constexpr const char* kPair = "def forward(self, x):\n  return x, x * 2";
  const Written written = write_starter(kPair, arrays, {"--label", "truth", "--id", "key", "--output", "1"});
  EXPECT_EQ(written.result.exit_code, 0) << written.result.errors;
  EXPECT_EQ(written.config.at("model"), Json({{"path", "model.pt"}, {"kind", "logits"}, {"output", 1}}));
  EXPECT_EQ(written.config.at("data"), Json({{"path", "val.npz"}, {"label", "truth"}, {"id", "key"}}));
  const auto refusal = [&](const std::vector<std::string>& options, std::initializer_list<const char*> phrases) {
    const Written refused = write_starter(kPair, arrays, options);
    expect_one_line(refused.result, 2, phrases);
    EXPECT_TRUE(refused.config.is_null());
  };
  refusal({"--label", "thruth", "--output", "1"}, {"--label: expected an array", "did you mean 'truth'?"});
  refusal({"--label", "x", "--output", "1"}, {"--label: expected an array", "no input of the model"});
  refusal({"--output", "2"}, {"--output: unknown '2'"});
  refusal({}, {"--output: expected the part", "0 float32[3, 2], 1 float32[3, 2]"});
  refusal({"--kind", "logit"}, {"--kind: unknown 'logit'; did you mean 'logits'?"});
  refusal({"--vocab", "none.txt", "--output", "1"}, {"--vocab: expected a file"});
}

TEST(Init, WritesTheFileWhereItDoesNotWorkAndSaysWhy) {
  const Written written = write_starter("def forward(self, x):\n  return x",
                                        {table("x", {1, 2, 3, 4}), TestArray::of<std::int64_t>("label", {2}, {0, 5})});
  EXPECT_EQ(written.result.exit_code, 3);
  EXPECT_TRUE(written.config.is_object());
  EXPECT_NE(written.result.errors.find("label of row 1: expected 0 to 1"), std::string::npos) << written.result.errors;
}

TEST(Init, TellsProbabilitiesOfLabelsFromLogits) {
  const Written written =
      write_starter("def forward(self, x):\n  return torch.sigmoid(x)",
                    {table("x", {1, 2, 3, -4, 5, 6}), TestArray::of<std::int64_t>("y", {3, 2}, {1, 1, 1, 0, 0, 1})});
  expect_task(written, "multilabel_probabilities", "macro_f1");
  // Label 0: two of three right, F1 0.8; label 1: all of them.
  EXPECT_NE(written.result.output.find("it works: macro_f1 0.9\n"), std::string::npos) << written.result.output;
}

TEST(Init, SaysWhetherThereIsAScore) {
  const Written unlabelled = write_starter("def forward(self, x):\n  return x", {table("x", {1, 2, 3, 4})});
  EXPECT_NE(unlabelled.result.output.find("\nit works\nwarning: there is no score without labels"), std::string::npos)
      << unlabelled.result.output;
  const Written invalid =
      write_starter("def forward(self, x):\n  return x / (x[:, :1] - 1.0)",
                    {table("x", {1, 2, 3, 4, 5, 6}), TestArray::of<std::int64_t>("label", {3}, {0, 1, 1})});
  EXPECT_NE(invalid.result.output.find("it runs, but accuracy is not defined: model.pt: output for example 0"),
            std::string::npos)
      << invalid.result.output;
}

TEST(Init, SaysThatPartsOfPartsAreNotRead) {
  const Written written = write_starter("def forward(self, x):\n  return x.mean(), (x, x * 2.0)",
                                        {table("x", {1, 2, 3, 4}), TestArray::of<std::int64_t>("label", {2}, {0, 1})});
  expect_one_line(written.result, 2,
                  {"got none of: 0 float32[]; tuples and dictionaries within the result are not read"});
}

TEST(Init, AMismatchListsBothSides) {
  Project project("logits", {});
  project.model("def forward(self, image, question):\n  return question").data(question_data());
  expect_one_line(project.run({"init", "--model", "model.pt", "--data", "val.npz", "--config", "new.json"}), 2,
                  {"model.pt: image, question; got image, input_ids, attention_mask, label, id", "missing: question"});
  EXPECT_FALSE(std::filesystem::exists(project.path("new.json")));
  expect_one_line(project.run({"init", "--model", "model.pt"}), 2, {"init: --data is required"});
}

}  // namespace
}  // namespace modattr::init_test
