#include "run/raw/guessed_raw.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/png_writer.h"
#include "support/array_writers.h"
#include "support/drawn_picture.h"
#include "support/drawn_sound.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// A manifest of two rows beside a model, with a sound, a picture, a text and numbers.
class GuessedRawTest : public testing::Test {
 protected:
  GuessedRawTest() {
    write_file(folder_ / "a.wav", wav_of(8000, 100));
    write_file(folder_ / "b.WAV", wav_of(8000, 60));
    write_file(folder_ / "a.png", to_png(drawn_picture(4, 3, 1)));
    write_file(folder_ / "val.csv",
               "clip,photo,question,age,answer,id\n"
               "a.wav,a.png,who,3,cat,1\n"
               "b.WAV,a.png,what,4.5,dog,2\n");
  }

  static std::string wav_of(std::uint32_t rate, std::size_t count) { return wav_content(drawn_sound(count, 1), rate); }

  GuessedRaw guess(const std::vector<std::string>& arguments, std::function<bool(const Json& modalities)> takes = {}) {
    return guess_raw({.manifest = folder_ / "val.csv",
                      .model = folder_ / "model.pt",
                      .arguments = arguments,
                      .label = std::nullopt,
                      .id = std::nullopt,
                      .group = std::nullopt,
                      .takes = std::move(takes)});
  }

  TemporaryFolder folder_;
};

TEST_F(GuessedRawTest, TakesSoundsForArgumentsThatAreNamedLikeThem) {
  const GuessedRaw guessed = guess({"waveform", "table"});
  ASSERT_EQ(guessed.modalities.size(), 2U);
  const Json& sounds = guessed.modalities[0];
  EXPECT_EQ(sounds["kind"], "audio");
  EXPECT_EQ(sounds["column"], "clip");
  EXPECT_EQ(sounds["inputs"], Json({"waveform"}));
  EXPECT_EQ(sounds["preprocessing"], Json::parse(R"({"sample_rate": 8000})"));
  EXPECT_EQ(sounds["max_length"], 100) << "of the longest";
  EXPECT_EQ(guessed.modalities[1]["columns"], Json({"age"}));
  EXPECT_EQ(guessed.label, "answer");
  EXPECT_EQ(guessed.id, "id");
  EXPECT_EQ(guessed.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_NE(guessed.guesses[1].text.find("8000 samples per second"), std::string::npos) << guessed.guesses[1].text;
}

TEST_F(GuessedRawTest, GivesSoundsTheMaskWhereThereAreNoTexts) {
  write_file(folder_ / "val.csv", "clip,label\na.wav,0\nb.WAV,1\n");
  const GuessedRaw guessed = guess({"input_values", "attention_mask"});
  ASSERT_EQ(guessed.modalities.size(), 1U);
  EXPECT_EQ(guessed.modalities[0]["inputs"], Json({"input_values", "attention_mask"}));
  EXPECT_EQ(guessed.modalities[0]["preprocessing"]["squeeze"], true);
}

TEST_F(GuessedRawTest, GivesAMaskToWhatTheModelTakesItFor) {
  write_file(folder_ / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nwho\nwhat\n");
  const auto taken_at = [](std::size_t place) {
    return [place](const Json& modalities) { return modalities[place]["inputs"].size() == 2; };
  };
  // The mask may come first among the arguments.
  GuessedRaw guessed = guess({"attention_mask", "input_values", "input_ids"}, taken_at(0));
  EXPECT_EQ(guessed.modalities[0]["inputs"], Json({"input_values", "attention_mask"}));
  EXPECT_EQ(guessed.modalities[1]["inputs"], Json({"input_ids"}));
  EXPECT_NE(guessed.guesses.back().text.find("the padding mask of the sounds"), std::string::npos);
  EXPECT_TRUE(guessed.warnings.empty());
  guessed = guess({"input_values", "input_ids", "attention_mask"}, taken_at(1));
  EXPECT_EQ(guessed.modalities[1]["inputs"], Json({"input_ids", "attention_mask"}));
  EXPECT_TRUE(guessed.warnings.empty());
  for (const bool answer : {true, false}) {
    guessed = guess({"input_values", "input_ids", "attention_mask"}, [&](const Json&) { return answer; });
    EXPECT_EQ(guessed.modalities[1]["inputs"], Json({"input_ids", "attention_mask"}));
    ASSERT_EQ(guessed.warnings.size(), 1U);
    EXPECT_NE(guessed.warnings[0].find(answer ? "takes both" : "takes neither"), std::string::npos);
    EXPECT_NE(guessed.warnings[0].find("move it to the inputs of modalities[0]"), std::string::npos);
  }
}

TEST_F(GuessedRawTest, ReadsWhoseAMaskIsInItsName) {
  write_file(folder_ / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nwho\nwhat\n");
  const GuessedRaw guessed = guess({"waveform", "speech_mask", "input_ids", "text_mask"});
  EXPECT_EQ(guessed.modalities[0]["inputs"], Json({"waveform", "speech_mask"}));
  EXPECT_EQ(guessed.modalities[1]["inputs"], Json({"input_ids", "text_mask"}));
  EXPECT_TRUE(guessed.warnings.empty());
  // Texts that the model does not take have no mask.
  EXPECT_EQ(guess({"waveform", "attention_mask"}).modalities[0]["inputs"], Json({"waveform", "attention_mask"}));
}

TEST_F(GuessedRawTest, ReadsTheFeatureExtractorBesideTheModel) {
  write_file(folder_ / "preprocessor_config.json",
             R"({"feature_extractor_type": "Wav2Vec2FeatureExtractor", "sampling_rate": 16000})");
  const GuessedRaw guessed = guess({"input_values"});
  EXPECT_EQ(guessed.modalities[0]["preprocessing"], (folder_ / "preprocessor_config.json").string());
  EXPECT_EQ(guessed.modalities[0]["max_length"], 200) << "at the rate of the extractor";
  write_file(folder_ / "preprocessor_config.json", R"({"feature_extractor_type": "WhisperFeatureExtractor"})");
  EXPECT_FALSE(guess({"input_features"}).modalities[0].contains("max_length")) << "it has a length of its own";
}

TEST_F(GuessedRawTest, LeavesTheLengthOfSoundsThatHaveOne) {
  write_file(folder_ / "b.WAV", wav_of(8000, 100));
  EXPECT_FALSE(guess({"waveform"}).modalities[0].contains("max_length"));
}

TEST_F(GuessedRawTest, TakesPicturesOfOneSizeAsTheyAre) {
  const GuessedRaw guessed = guess({"image"});
  EXPECT_EQ(guessed.modalities[0]["kind"], "image");
  EXPECT_EQ(guessed.modalities[0]["column"], "photo");
  EXPECT_FALSE(guessed.modalities[0].contains("preprocessing"));
}

TEST_F(GuessedRawTest, NamesTheArgumentThatNothingFits) {
  write_file(folder_ / "val.csv", "question,label\nwho,1\n");
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return guess({"audio"}); }),
                       {"a column of paths of sounds for the argument 'audio'", "question, label"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return guess({"question"}); }), {"tokenizer.json"}));
}

}  // namespace
}  // namespace modattr
