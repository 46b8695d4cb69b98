#include "modattr/run/config/config.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config_text.h"

namespace modattr {
namespace {

/// The example of the interface's documentation.
constexpr const char* kExample = R"({
  "model": {"path": "model.pt", "kind": "logits", "output": 0},
  "data": {"path": "val.npz", "label": "label", "id": "id", "group": "question_type", "metadata": "val_meta.jsonl"},
  "modalities": [
    {"name": "image", "kind": "image", "inputs": ["image"],
     "players": {"type": "patch", "size": 8}, "removal": {"type": "background", "rows": 50}},
    {"name": "text", "kind": "tokens", "inputs": ["input_ids", "attention_mask"], "vocab": "vocab.txt", "special_ids": [0, 1, 2],
     "players": {"type": "token"}, "removal": {"type": "token", "id": 0}}
  ],
  "target": "predicted", "value": "probability", "metric": "accuracy", "seed": 0,
  "runs": [{"engine": "permute", "repeats": 10}, {"engine": "shap", "level": "modality"}]
}
)";

TEST_F(ConfigTest, ReadsTheDocumentedExample) {
  const Config config = read(kExample);
  EXPECT_EQ(config.file, file_);
  EXPECT_EQ(config.model.path, folder_ / "model.pt");
  EXPECT_EQ(config.model.kind, OutputKind::kLogits);
  EXPECT_EQ(std::get<std::size_t>(config.model.output), 0U);
  EXPECT_EQ(config.data.path, folder_ / "val.npz");
  EXPECT_EQ(config.data.label, "label");
  EXPECT_EQ(config.data.id, "id");
  EXPECT_EQ(config.data.group, "question_type");
  EXPECT_EQ(config.data.metadata, folder_ / "val_meta.jsonl");
  ASSERT_EQ(config.modalities.size(), 2U);
  EXPECT_EQ(config.modalities[0].kind, "image");
  EXPECT_EQ(config.modalities[1].name, "text");
  EXPECT_EQ(config.modalities[1].inputs[1].input, "attention_mask");
  EXPECT_EQ(config.modalities[1].vocab, folder_ / "vocab.txt");
  EXPECT_EQ(config.modalities[1].special_ids, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(config.metric, "accuracy");
  EXPECT_EQ(config.seed, 0U);
  EXPECT_NE(config.document.find("question_type"), std::string::npos);
}

TEST_F(ConfigTest, HasDefaults) {
  const Config config = read(kShortest);
  EXPECT_EQ(config.model.kind, OutputKind::kLogits);
  EXPECT_EQ(std::get<std::size_t>(config.model.output), 0U);
  EXPECT_EQ(config.model.rows_per_call, std::nullopt);
  EXPECT_FALSE(config.data.label || config.data.id || config.data.group || config.data.metadata);
  EXPECT_EQ(config.modalities[0].kind, "tensor");
  EXPECT_TRUE(config.modalities[0].inputs[0].columns.empty());
  EXPECT_EQ(config.metric, std::nullopt);
  EXPECT_EQ(config.seed, 0U);
}

TEST_F(ConfigTest, ReadsEveryKindOfModelAndOutput) {
  const auto with_model = [&](const std::string& keys) {
    std::string text = kShortest;
    return read(text.replace(text.find(R"("m.pt")"), 6, R"("m.pt", )" + keys)).model;
  };
  EXPECT_EQ(with_model(R"("kind": "probabilities")").kind, OutputKind::kProbabilities);
  EXPECT_EQ(with_model(R"("kind": "regression")").kind, OutputKind::kRegression);
  EXPECT_EQ(std::get<std::string>(with_model(R"("output": "logits")").output), "logits");
  EXPECT_EQ(std::get<std::size_t>(with_model(R"("output": 3)").output), 3U);
  EXPECT_EQ(with_model(R"("rows_per_call": 1)").rows_per_call, 1U);
}

TEST_F(ConfigTest, ReadsPartsOfInputs) {
  const Config config = read(
      R"({"model": {"path": "m"}, "data": {"path": "v"}, "modalities": [{"name": "a", "inputs": ["x[0:3]", "y[1,4]"]}]})");
  EXPECT_EQ(config.modalities[0].inputs[0].columns[0].end, 3);
  EXPECT_EQ(config.modalities[0].inputs[1].columns[1].first, 4);
}

TEST_F(ConfigTest, ReadsHowModalitiesAreRemoved) {
  const auto removal = [&](const std::string& keys) {
    std::string text = kShortest;
    return read(text.replace(text.find(R"(["x"])"), 5, R"(["x"], "removal": {)" + keys + "}")).modalities[0].removal;
  };
  const RemovalConfig background = removal(R"("type": "background", "rows": 0, "path": "sub/reference.npz")");
  EXPECT_EQ(background.type, RemovalType::kBackground);
  EXPECT_EQ(background.rows, 0U);
  EXPECT_EQ(background.path, folder_ / "sub" / "reference.npz");
  const RemovalConfig value = removal(R"("type": "value", "value": -0.5)");
  EXPECT_EQ(value.type, RemovalType::kValue);
  EXPECT_EQ(value.value, -0.5);
  const RemovalConfig token = removal(R"("type": "token", "id": -1)");
  EXPECT_EQ(token.type, RemovalType::kToken);
  EXPECT_EQ(token.token_id, -1);
  for (std::size_t type = 0; type < removal_names().size(); ++type) {
    const std::string& name = removal_names()[type];
    const std::string key = name == "value" ? R"("value": 0, )" : name == "token" ? R"("id": 0, )" : "";
    EXPECT_EQ(removal(key + R"("type": ")" + name + '"').type, static_cast<RemovalType>(type));
  }
  const RemovalConfig none = read(kShortest).modalities[0].removal;
  EXPECT_EQ(none.type, RemovalType::kBackground);
  EXPECT_FALSE(none.rows || none.path);
}

TEST_F(ConfigTest, ReadsWhatIsExplained) {
  const auto with_root = [&](const std::string& keys) {
    std::string text = kShortest;
    return read(text.insert(1, keys + ", "));
  };
  EXPECT_EQ(read(kShortest).target.choice, TargetChoice::kPredicted);
  EXPECT_EQ(read(kShortest).value, std::nullopt);
  EXPECT_EQ(with_root(R"("target": "predicted")").target.choice, TargetChoice::kPredicted);
  EXPECT_EQ(with_root(R"("target": "label")").target.choice, TargetChoice::kLabel);
  const TargetConfig fixed = with_root(R"("target": 4)").target;
  EXPECT_EQ(fixed.choice, TargetChoice::kFixed);
  EXPECT_EQ(fixed.fixed, 4U);
  EXPECT_EQ(with_root(R"("value": "log_probability")").value, "log_probability");
  EXPECT_TRUE(mentions(error_with_root(R"("value": "margni")"), {"modattr.json: value", "'margin'"}));
}

TEST_F(ConfigTest, ResolvesPathsAgainstItsFolder) {
  std::filesystem::create_directory(folder_ / "configs");
  file_ = folder_ / "configs" / "a.json";
  const Config config =
      read(R"({"model": {"path": "/models/m.pt"}, "data": {"path": "../data/v.npz", "metadata": "v.jsonl"},
               "modalities": [{"name": "a", "inputs": ["x"]}]})");
  EXPECT_EQ(config.model.path, "/models/m.pt");
  EXPECT_EQ(config.data.path.lexically_normal(), folder_ / "data" / "v.npz");
  EXPECT_EQ(config.data.metadata, folder_ / "configs" / "v.jsonl");
}

TEST_F(ConfigTest, NamesTheNearestKey) {
  EXPECT_EQ(error_with_root(R"("metrics": "accuracy")"), "modattr.json: unknown key 'metrics'; did you mean 'metric'?");
  EXPECT_EQ(error_with_model(R"("knid": "logits")"), "modattr.json: model: unknown key 'knid'; did you mean 'kind'?");
  EXPECT_EQ(error_with_data(R"("lable": "y")"), "modattr.json: data: unknown key 'lable'; did you mean 'label'?");
  EXPECT_EQ(error_with_modality(R"("specialids": [])"),
            "modattr.json: modalities[0]: unknown key 'specialids'; did you mean 'special_ids'?");
  EXPECT_EQ(error_with_modality(R"("players": {"type": "token", "sise": 3})"),
            "modattr.json: modalities[0].players: unknown key 'sise'; did you mean 'size'?");
  EXPECT_EQ(error_with_modality(R"("removal": {"type": "mean", "row": 3})"),
            "modattr.json: modalities[0].removal: unknown key 'row'; did you mean 'rows'?");
}

TEST_F(ConfigTest, ReadsRulesOfTheGate) {
  std::string text = kShortest;
  text.insert(1, R"("check": {"rules": ["order of share.abs"], "strict": true}, )");
  const Config config = read(text);
  EXPECT_EQ(config.check.rules, std::vector<std::string>{"order of share.abs"});
  EXPECT_TRUE(config.check.is_strict);
  EXPECT_EQ(error_with_root(R"("check": {"rule": []})"),
            "modattr.json: check: unknown key 'rule'; did you mean 'rules'?");
  EXPECT_TRUE(mentions(error_with_root(R"("check": {"rules": ["share.abs"]})"),
                       {"modattr.json: check.rules[0]: rule 'share.abs': expected a comparison"}));
}

TEST_F(ConfigTest, NamesTheNearestWord) {
  EXPECT_EQ(error_with_model(R"("kind": "logit")"),
            R"(modattr.json: model.kind: expected a known word, got "logit"; did you mean 'logits'?)");
  EXPECT_TRUE(mentions(error_with_modality(R"("kind": "images")"), {"modalities[0].kind", "did you mean 'image'?"}));
  EXPECT_TRUE(mentions(error_with_modality(R"("players": {"type": "patches"})"), {"players.type", "'patch'"}));
  EXPECT_TRUE(mentions(error_with_modality(R"("removal": {"type": "zeros"})"), {"removal.type", "'zero'"}));
  EXPECT_TRUE(mentions(error_with_root(R"("value": "logits")"), {"modattr.json: value", "'logit'"}));
}

TEST_F(ConfigTest, RefusesKeysThatAnotherTypeReads) {
  for (const auto& [type, key, reader] : std::vector<std::array<std::string, 3>>{{"zero", "rows", "background"},
                                                                                 {"mean", "rows", "background"},
                                                                                 {"file", "path", "background or mean"},
                                                                                 {"background", "value", "value"},
                                                                                 {"blur", "id", "token"}}) {
    const std::string error = error_with_modality(R"("removal": {"type": ")" + type + R"(", ")" + key + R"(": 3})");
    EXPECT_EQ(error, "modattr.json: modalities[0].removal." + key + ": expected removal.type " + reader + ", got " +
                         type + ", which does not read it");
  }
  for (const std::string type : {"token", "word", "column", "element", "whole", "mask"}) {
    EXPECT_EQ(error_with_modality(R"("players": {"type": ")" + type + R"(", "size": 3})"),
              "modattr.json: modalities[0].players.size: expected players.type patch or segment, got " + type +
                  ", which has no size");
  }
  EXPECT_EQ(error_with_modality(R"("players": {"type": "patch", "segments": 3})"),
            "modattr.json: modalities[0].players.segments: expected players.type superpixel, got patch");
  EXPECT_TRUE(mentions(error_with_modality(R"("players": {"type": "superpixel", "segments": 0})"),
                       {"players.segments", "1 to 4096"}));
  EXPECT_TRUE(mentions(error_with_modality(R"("players": {"type": "superpixel", "compactness": 0})"),
                       {"players.compactness", "a number above 0"}));
  EXPECT_EQ(error_with_modality(R"("players": {"type": "superpixel", "segments": 9, "compactness": 2.5})"),
            "nothing was thrown");
  EXPECT_TRUE(mentions(error_with_modality(R"("players": {"type": "segment", "size": [3, 4]})"), {"players.size"}));
}

TEST_F(ConfigTest, NamesWhatIsMissing) {
  EXPECT_EQ(error_of("{}"), "modattr.json: model: expected a value, got none");
  EXPECT_EQ(error_of(R"({"model": {"path": "m"}})"), "modattr.json: data: expected a value, got none");
  EXPECT_EQ(error_of(R"({"model": {"path": "m"}, "data": {"path": "v"}})"),
            "modattr.json: modalities: expected a value, got none");
  EXPECT_EQ(error_with(R"({"path": "m.pt"})", "{}"), "modattr.json: model.path: expected a value, got none");
  EXPECT_EQ(error_with(R"("name": "a", )", ""), "modattr.json: modalities[0].name: expected a value, got none");
  EXPECT_EQ(error_with(R"(, "inputs": ["x"])", ""), "modattr.json: modalities[0].inputs: expected a value, got none");
  EXPECT_TRUE(mentions(error_with_modality(R"("players": {})"), {"players.type: expected a value, got none"}));
  EXPECT_TRUE(mentions(error_with_modality(R"("removal": {})"), {"removal.type: expected a value, got none"}));
  EXPECT_TRUE(mentions(error_with_root(R"("runs": [{}])"), {"runs[0].engine: expected a value, got none"}));
}

struct WrongValue {
  const char* key;
  std::vector<const char*> values;
};

TEST_F(ConfigTest, RefusesRootValuesOfAnotherType) {
  const std::vector<WrongValue> cases = {{"metric", {"3", "null", "[]", R"("")"}},
                                         {"seed", {"-1", "1.5", R"("0")", "true", "1e3"}},
                                         {"target", {R"("best")", "-1", "1.5", "null", "{}"}},
                                         {"value", {"3", "[]"}},
                                         {"runs", {"{}", R"("permute")", "3", R"(["permute"])", R"([{"engine": 3}])"}}};
  for (const auto& [key, values] : cases) {
    for (const char* const value : values) {
      EXPECT_TRUE(mentions(error_with_root("\"" + std::string(key) + "\": " + value),
                           {"modattr.json: " + std::string(key), ": expected ", ", got "}))
          << value;
    }
  }
  EXPECT_EQ(error_with_root(R"("seed": -1)"), "modattr.json: seed: expected a whole number of at least 0, got -1");
  EXPECT_EQ(error_with_root(R"("target": "best")"),
            R"(modattr.json: target: expected "predicted", "label" or a class index, got "best")");
}

TEST_F(ConfigTest, RefusesModelAndDataValuesOfAnotherType) {
  for (const char* const keys :
       {R"("kind": 3)", R"("kind": "causal")", R"("output": -1)", R"("output": 1.5)", R"("output": null)",
        R"("output": [0])", R"("rows_per_call": 0)", R"("rows_per_call": 2000000)", R"("rows_per_call": "64")"}) {
    EXPECT_TRUE(mentions(error_with_model(keys), {"modattr.json: model.", ": expected ", ", got "})) << keys;
  }
  for (const char* const key : {"label", "id", "group", "metadata"}) {
    for (const char* const value : {"3", "null", R"("")", R"(["label"])"}) {
      EXPECT_EQ(error_with_data("\"" + std::string(key) + "\": " + value),
                "modattr.json: data." + std::string(key) + ": expected a text that is not empty, got " + value);
    }
  }
  EXPECT_EQ(error_with(R"({"path": "m.pt"})", "3"), "modattr.json: model: expected an object {...}, got 3");
  EXPECT_EQ(error_with(R"({"path": "v.npz"})", "[]"), "modattr.json: data: expected an object {...}, got []");
  EXPECT_TRUE(mentions(error_with(R"("v.npz")", "3"), {"data.path", "got 3"}));
}

TEST_F(ConfigTest, RefusesModalityValuesOfAnotherType) {
  for (const char* const keys :
       {R"("special_ids": 3)", R"("special_ids": ["a"])", R"("special_ids": [1.5])", R"("vocab": 3)", R"("kind": [])",
        R"("players": "patch")", R"("players": {"type": 3})", R"("players": {"type": "patch", "size": -1})",
        R"("players": {"type": "patch", "size": [1]})", R"("players": {"type": "patch", "size": [1, 2, 3]})",
        R"("players": {"type": "patch", "size": [1, "2"]})", R"("removal": [])", R"("removal": {"type": 1})",
        R"("removal": {"type": "background", "rows": -1})", R"("removal": {"type": "background", "path": 3})",
        R"("removal": {"type": "value", "value": "0"})", R"("removal": {"type": "token", "id": 0.5})"}) {
    EXPECT_TRUE(mentions(error_with_modality(keys), {"modattr.json: modalities[0].", ": expected ", ", got "})) << keys;
  }
  for (const char* const inputs : {"3", "[]", R"("x")", "[3]", R"([""])", R"(["x[3:1]"])", R"(["x["])"}) {
    EXPECT_TRUE(mentions(error_with(R"(["x"])", inputs), {"modattr.json: modalities[0].inputs: expected "})) << inputs;
  }
  for (const char* const modalities : {"3", "[]", "{}"}) {
    EXPECT_EQ(error_with(R"([{"name": "a", "inputs": ["x"]}])", modalities),
              "modattr.json: modalities: expected a list of at least one modality, got " + std::string(modalities));
  }
  EXPECT_TRUE(mentions(error_with(R"({"name": "a", "inputs": ["x"]})", "3"), {"modalities[0]: expected an object"}));
}

TEST_F(ConfigTest, AcceptsSizesOfPlayers) {
  EXPECT_EQ(error_with_modality(R"("players": {"type": "patch", "size": [8, 16]})"), "nothing was thrown");
  EXPECT_EQ(error_with_modality(R"("removal": {"type": "value", "value": -0.5})"), "nothing was thrown");
  EXPECT_EQ(error_with_root(R"("target": 3)"), "nothing was thrown");
}

TEST_F(ConfigTest, RefusesAKeyThatComesTwice) {
  EXPECT_EQ(error_with_root(R"("seed": 1, "seed": 2)"), "modattr.json: expected distinct keys, got 'seed' twice");
  EXPECT_EQ(error_with_model(R"("kind": "logits", "kind": "regression")"),
            "modattr.json: expected distinct keys, got 'kind' twice");
  // The same key in two objects is none that comes twice.
  EXPECT_EQ(error_with_root(R"("runs": [{"engine": "permute"}, {"engine": "shap"}])"), "nothing was thrown");
}

TEST_F(ConfigTest, RefusesWhatIsNotJson) {
  for (const char* const text : {"", "{", "[1, 2", "{\"a\": }", "{} {}", "{'a': 1}", "// comment\n{}", "\xff\xfe"}) {
    EXPECT_TRUE(mentions(error_of(text), {"modattr.json: expected JSON, got a parse error"})) << text;
  }
  EXPECT_EQ(error_of("[]"), "modattr.json: expected an object {...}, got []");
  EXPECT_TRUE(mentions(error_of(std::string(100, '[') + std::string(100, ']')), {"32 nested levels"}));
  EXPECT_TRUE(mentions(error_of(std::string(100000, '[')), {"modattr.json: expected"}));
}

TEST_F(ConfigTest, CutsLongValuesInMessages) {
  EXPECT_LT(error_with_root("\"metric\": [\"" + std::string(5000, 'x') + "\"]").size(), 200U);
}

TEST_F(ConfigTest, NamesAFileThatIsNone) {
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return read_config(folder_ / "none.json"); }),
                       {"none.json: expected a configuration file, got none"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return read_config(folder_.path()); }),
                       {"expected a configuration file, got a folder"}));
}

TEST_F(ConfigTest, ReadsTheConfigurationsOfTheRepository) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(MODATTR_SOURCE_DIR) / "configs")) {
    if (entry.is_directory()) continue;
    EXPECT_FALSE(read_config(entry.path()).modalities.empty()) << entry.path();
    ++count;
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace modattr
