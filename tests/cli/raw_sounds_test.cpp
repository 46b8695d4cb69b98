#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/array_writers.h"
#include "support/drawn_sound.h"
#include "support/program_process.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {
namespace {

constexpr std::size_t kSoundExamples = 12;
constexpr std::size_t kSoundLength = 400;

/// A manifest of sounds and words, the same as arrays, and a model of both.
class RawSoundsTest : public testing::Test {
 protected:
  RawSoundsTest() {
    std::filesystem::create_directories(folder_ / "sounds");
    const std::vector<std::string> words = {"loud", "soft", "high", "low"};
    write_file(folder_ / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nloud\nsoft\nhigh\nlow\n");
    std::string rows = "sound,question,label\n";
    std::vector<float> waveforms;
    std::vector<std::int64_t> masks;
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> labels;
    for (std::uint32_t number = 0; number < kSoundExamples; ++number) {
      const auto [name, samples] = add_file(number);
      rows += name + "," + words[number % 4] + " " + words[number % 3] + "," + std::to_string(number % 2) + "\n";
      for (std::size_t place = 0; place < kSoundLength; ++place) {
        waveforms.push_back(place < samples.size() ? samples[place] : 0.0F);
        masks.push_back(place < samples.size() ? 1 : 0);
      }
      const std::int64_t first = 5 + number % 4;
      const std::int64_t second = 5 + number % 3;
      ids.insert(ids.end(), {2, first, second, 3, 0});
      labels.push_back(number % 2);
    }
    write_file(folder_ / "val.csv", rows);
    write_npz(folder_ / "val.npz",
              {TestArray::of("waveform", {kSoundExamples, 1, kSoundLength}, waveforms),
               TestArray::of("attention_mask", {kSoundExamples, kSoundLength}, masks),
               TestArray::of("input_ids", {kSoundExamples, 5}, ids), TestArray::of("label", {kSoundExamples}, labels)});
    save_model(folder_ / "model.pt",
               "def forward(self, waveform, attention_mask, input_ids):\n"
               "    sound = waveform.squeeze(1) * attention_mask\n"
               "    parts = sound.reshape(-1, 8, 50).pow(2).mean(2)\n"
               "    score = parts[:, 1] - 2.0 * parts[:, 4] + parts.mean(1) * (input_ids.float().mean(1) - 3.0)\n"
               "    return torch.stack([score, -score], 1)\n");
    write_file(folder_ / "arrays.json", R"({
      "model": {"path": "model.pt"}, "data": {"path": "val.npz"},
      "modalities": [
        {"name": "audio", "kind": "audio", "inputs": ["waveform", "attention_mask"], "players": {"type": "segment", "size": 50}},
        {"name": "text", "kind": "tokens", "inputs": ["input_ids"], "special_ids": [0, 2, 3]}]})");
    write_file(folder_ / "modattr.json", R"({
      "model": {"path": "model.pt"}, "data": {"path": "val.csv"},
      "modalities": [
        {"name": "audio", "kind": "audio", "inputs": ["waveform", "attention_mask"], "column": "sound",
         "max_length": 400, "preprocessing": {"sample_rate": 16000}, "players": {"type": "segment", "size": 50}},
        {"name": "text", "kind": "tokens", "inputs": ["input_ids"], "column": "question", "tokenizer": "vocab.txt",
         "max_length": 5}]})");
  }

  /// Of 16 bits, of floats, and in FLAC; two examples have one file. Its samples.
  std::pair<std::string, std::vector<float>> add_file(std::uint32_t number) {
    const std::vector<std::int16_t> drawn = drawn_sound(330 + 10 * (number % 5) + number, number);
    std::string name = "sounds/" + std::to_string(number) + ".wav";
    if (number % 6 == 5) {
      name = "sounds/shared.flac";
      write_file(folder_ / name, read_file(MODATTR_TEST_DIR "/fixtures/sounds/16-bit.flac"));
      return {name, as_floats(drawn_sound(301, 1))};
    }
    if (number % 3 == 1) {
      std::vector<float> samples = as_floats(drawn);
      for (float& sample : samples) sample *= 0.7F;
      write_file(folder_ / name, wav_content(samples, 16000));
      return {name, samples};
    }
    write_file(folder_ / name, wav_content(drawn, 16000));
    return {name, as_floats(drawn)};
  }

  ProgramResult run(std::vector<std::string> arguments) {
    return run_program({.arguments = std::move(arguments), .folder = folder_.path()});
  }

  nlohmann::json json_of(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--format", "json"});
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return nlohmann::json::parse(result.output, nullptr, false);
  }

  void change_config(const std::string& from, const std::string& to) {
    std::string config = read_file(folder_ / "modattr.json");
    const std::size_t place = config.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    write_file(folder_ / "modattr.json", config.replace(place, from.size(), to));
  }

  TemporaryFolder folder_;
};

TEST_F(RawSoundsTest, GiveTheScoresOfTheirArraysBitForBit) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"permute", "--repeats", "3"},
                                                  {"shap"},
                                                  {"shap", "--level", "feature", "--method", "exact"}}) {
    std::vector<std::string> arrays = command;
    arrays.insert(arrays.end(), {"--config", "arrays.json"});
    const nlohmann::json of_files = json_of(command);
    const nlohmann::json of_arrays = json_of(arrays);
    EXPECT_EQ(of_files["score"], of_arrays["score"]);
    ASSERT_GT(of_files["rows"].size(), 1U);
    EXPECT_EQ(of_files["rows"], of_arrays["rows"]);
  }
}

TEST_F(RawSoundsTest, NameABrokenSoundAndGoOnWithoutItWhenTold) {
  write_file(folder_ / "sounds/4.wav", read_file(folder_ / "sounds/4.wav").substr(0, 200));
  ProgramResult result = run({"permute", "--repeats", "2"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(
      result.errors.find("val.csv:6: 'sounds/4.wav': expected a WAV sound that can be decoded, got 'it ends after"),
      std::string::npos)
      << result.errors;
  EXPECT_EQ(std::ranges::count(result.errors, '\n'), 1) << result.errors;
  result = run({"permute", "--repeats", "2", "--skip-invalid", "--format", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(nlohmann::json::parse(result.output, nullptr, false)["data"]["examples"], 11);
  EXPECT_NE(result.output.find("1 example was left out: its file cannot be read"), std::string::npos);
}

TEST_F(RawSoundsTest, HaveToBeAlikeOrMadeAlike) {
  write_file(folder_ / "sounds/3.wav", wav_content(drawn_sound(200, 3), 8000));
  EXPECT_EQ(run({"permute", "--repeats", "1"}).exit_code, 0);
  change_config(R"("preprocessing": {"sample_rate": 16000}, )", "");
  ProgramResult result = run({"permute", "--repeats", "1"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.errors.find("'sounds/3.wav': expected 16000 samples per second like 0.wav, got 8000; set "),
            std::string::npos)
      << result.errors;
  write_file(folder_ / "sounds/3.wav", wav_content(drawn_sound(200, 3), 16000));
  change_config(R"("max_length": 400, )", "");
  result = run({"permute", "--repeats", "1"});
  EXPECT_NE(result.errors.find("samples like 0.wav, got "), std::string::npos) << result.errors;
}

TEST_F(RawSoundsTest, TellSegmentsInSeconds) {
  ASSERT_EQ(run({"lime", "--ids", "0,5,7", "--budget", "200", "--out", "lime", "--plot", "lime.svg"}).exit_code, 0);
  std::istringstream lines(read_file(folder_ / "lime/examples.jsonl"));
  std::string line;
  std::getline(lines, line);
  std::size_t segments = 0;
  const nlohmann::json example = nlohmann::json::parse(line, nullptr, false);
  for (const nlohmann::json& player : example["players"]) {
    if (player["modality"] != "audio") continue;
    const double number = player["player"];
    EXPECT_DOUBLE_EQ(player["start_seconds"].get<double>(), number * 50.0 / 16000.0);
    EXPECT_DOUBLE_EQ(player["end_seconds"].get<double>(), (number + 1.0) * 50.0 / 16000.0);
    ++segments;
  }
  EXPECT_EQ(segments, 8U) << line;
  EXPECT_EQ(example["texts"], nlohmann::json({{"text", "loud loud"}})) << "as the manifest has it";
  EXPECT_NE(read_file(folder_ / "lime.svg").find("<svg"), std::string::npos);
  ASSERT_EQ(run({"report", "lime"}).exit_code, 0);
  // The sound as a picture of its frequencies, and when its segments sound.
  const std::string page = read_file(folder_ / "lime/report.html");
  EXPECT_NE(page.find("{\"w\":400,\"h\":1,\"sound\":true,\"file\":\"iVBOR"), std::string::npos);
  EXPECT_NE(page.find("\"t\":[[0,0.003125],[0.003125,0.00625],"), std::string::npos);
  EXPECT_NE(page.find("\"t\":[[1,\"loud loud\"]]"), std::string::npos);
}

TEST_F(RawSoundsTest, AreDamagedByTrace) {
  const ProgramResult result = run({"trace", "--inject", "all"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.output.find("audio"), std::string::npos);
}

TEST_F(RawSoundsTest, AreGuessedByInit) {
  std::filesystem::remove(folder_ / "modattr.json");
  save_model(folder_ / "model.pt",
             "def forward(self, waveform, input_ids):\n"
             "    score = waveform.pow(2).mean([1, 2]) * input_ids.float().mean(1)\n"
             "    return torch.stack([score, -score], 1)\n");
  const ProgramResult result = run({"init", "--model", "model.pt", "--data", "val.csv"});
  ASSERT_EQ(result.exit_code, 0) << result.errors << result.output;
  const nlohmann::json config = nlohmann::json::parse(read_file(folder_ / "modattr.json"), nullptr, false);
  EXPECT_EQ(config["modalities"][0]["kind"], "audio");
  EXPECT_EQ(config["modalities"][0]["column"], "sound");
  EXPECT_EQ(config["modalities"][0]["preprocessing"]["sample_rate"], 16000);
}

TEST_F(RawSoundsTest, HaveTheMaskThatTheModelTakes) {
  std::filesystem::remove(folder_ / "modattr.json");
  save_model(folder_ / "model.pt",
             "def forward(self, waveform, attention_mask, input_ids):\n"
             "    score = (waveform.squeeze(1) * attention_mask).pow(2).mean(1) * input_ids.float().mean(1)\n"
             "    return torch.stack([score, -score], 1)\n");
  const ProgramResult result = run({"init", "--model", "model.pt", "--data", "val.csv"});
  EXPECT_NE(result.output.find("'attention_mask' as the padding mask of the sounds"), std::string::npos)
      << result.output << result.errors;
  const nlohmann::json config = nlohmann::json::parse(read_file(folder_ / "modattr.json"), nullptr, false);
  EXPECT_EQ(config["modalities"][0]["inputs"], nlohmann::json::array({"waveform", "attention_mask"}));
  EXPECT_EQ(config["modalities"][1]["inputs"], nlohmann::json::array({"input_ids"}));
}

}  // namespace
}  // namespace modattr
