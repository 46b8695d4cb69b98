#include "modattr/history/store_reference.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/stored_results.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

TEST(StoreReference, NamesAFileAndATag) {
  const StoreReference latest = parse_store_reference("store:releases.db@latest");
  EXPECT_EQ(latest.file, "releases.db");
  EXPECT_EQ(latest.tag, "latest");
  const StoreReference tagged = parse_store_reference("store:/data/user@host/a.db@v1.2/rc:1");
  EXPECT_EQ(tagged.file, "/data/user@host/a.db");
  EXPECT_EQ(tagged.tag, "v1.2/rc:1");
}

TEST(StoreReference, IsToldFromAFile) {
  EXPECT_TRUE(is_store_reference("store:"));
  EXPECT_FALSE(is_store_reference("store"));
  EXPECT_FALSE(is_store_reference("results/store:a@b"));
}

TEST(StoreReference, RefusesWhatIsIncomplete) {
  const auto refusal = [](const char* text) {
    return thrown_message<ConfigError>([&] { return parse_store_reference(text); });
  };
  EXPECT_TRUE(mentions(refusal("store:releases.db"),
                       {"'store:releases.db': expected store:FILE@latest or store:FILE@TAG, got no tag"}));
  EXPECT_TRUE(mentions(refusal("store:releases.db@"), {"got no tag"}));
  EXPECT_TRUE(mentions(refusal("store:@v1"), {"got no file"}));
  EXPECT_TRUE(mentions(refusal("releases.db@v1"), {"got another text"}));
}

TEST(StoreReference, ReadsTheFiles) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "user@host.db";
  append_release(file, release_files(0.1, 7), "v1");
  append_release(file, release_files(0.2));
  const StoredFiles tagged = read_store_reference("store:" + file.string() + "@v1");
  EXPECT_EQ(tagged.scores_json, to_json(release_table(0.1)));
  EXPECT_EQ(tagged.examples_jsonl, "xxxxxxx");
  EXPECT_EQ(tagged.trace_jsonl, "");
  EXPECT_EQ(read_store_reference("store:" + file.string() + "@latest").scores_json, to_json(release_table(0.2)));
  EXPECT_TRUE(
      mentions(thrown_message<ConfigError>([&] { return read_store_reference("store:" + file.string() + "@v2"); }),
               {"unknown tag 'v2'", "'v1'"}));
  EXPECT_THROW(read_store_reference("store:" + (folder / "none.db").string() + "@v1"), DataError);
}

}  // namespace
}  // namespace modattr
