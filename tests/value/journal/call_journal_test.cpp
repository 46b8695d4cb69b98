#include "modattr/value/journal/call_journal.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

const JournalIdentity kIdentity = {{"model", "abc"}, {"data", "def"}};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

std::string error_of(const std::filesystem::path& file, const JournalIdentity& identity, JournalOpening opening) {
  try {
    const CallJournal journal(file, identity, opening);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

class CallJournalTest : public testing::Test {
 protected:
  /// Two lists: five rows of two numbers, of which the first three are known, and two rows of one number.
  void write_journal() {
    CallJournal journal(file(), kIdentity, JournalOpening::kNew);
    journal.begin_list(5);
    journal.add(0, 0, 2, std::vector{1.0, 2.0, 3.0, 4.0});
    journal.add(0, 2, 1, std::vector{0.1, std::numeric_limits<double>::infinity()});
    journal.begin_list(2);
    journal.add(1, 0, 2, std::vector{-0.5, 1e300});
  }
  std::filesystem::path file() const { return folder_.path() / "run.journal"; }

 private:
  TemporaryFolder folder_;
};

TEST_F(CallJournalTest, KnowsWhatAnInterruptedRunHasWritten) {
  write_journal();
  CallJournal journal(file(), kIdentity, JournalOpening::kResume);
  EXPECT_EQ(journal.known_row_count(), 5U);
  EXPECT_FALSE(journal.knows_next_list(5));
  EXPECT_EQ(journal.begin_list(5), 0U);
  EXPECT_EQ(journal.find(0, 0, 2), (std::vector{1.0, 2.0, 3.0, 4.0}));
  // Across records, and bit by bit, whatever type they were kept in.
  EXPECT_EQ(journal.find(0, 1, 2), (std::vector{3.0, 4.0, 0.1, std::numeric_limits<double>::infinity()}));
  EXPECT_TRUE(journal.find(0, 2, 2).empty());
  EXPECT_TRUE(journal.find(0, 3, 1).empty());
  EXPECT_TRUE(journal.knows_next_list(2));
  EXPECT_FALSE(journal.knows_next_list(3));
  EXPECT_EQ(journal.begin_list(2), 1U);
  EXPECT_EQ(journal.find(1, 0, 2), (std::vector{-0.5, 1e300}));
  EXPECT_TRUE(journal.find(2, 0, 1).empty());
}

TEST_F(CallJournalTest, GoesOnBehindWhatIsKnown) {
  write_journal();
  {
    CallJournal journal(file(), kIdentity, JournalOpening::kResume);
    journal.begin_list(5);
    journal.add(0, 3, 2, std::vector{5.0, 6.0, 7.0, 8.0});
  }
  CallJournal journal(file(), kIdentity, JournalOpening::kResume);
  EXPECT_TRUE(journal.knows_next_list(5));
  EXPECT_EQ(journal.known_row_count(), 7U);
}

TEST_F(CallJournalTest, DropsWhatAKilledProcessWasWriting) {
  write_journal();
  const std::string whole = content_of(file());
  std::size_t last = 5;
  for (std::size_t size = whole.size() - 1; size > 200; --size) {
    write(file(), whole.substr(0, size));
    const CallJournal journal(file(), kIdentity, JournalOpening::kResume);
    EXPECT_LE(journal.known_row_count(), last);
    last = journal.known_row_count();
  }
  EXPECT_LT(last, 5U);
}

TEST_F(CallJournalTest, BeginsAnewWhereNoOutputWasWritten) {
  write_journal();
  const std::string whole = content_of(file());
  for (std::size_t size = 0; size < 60; ++size) {
    write(file(), whole.substr(0, size));
    CallJournal journal(file(), kIdentity, JournalOpening::kResume);
    EXPECT_EQ(journal.known_row_count(), 0U) << size;
  }
  EXPECT_FALSE(std::filesystem::exists(file())) << "a run that asked the model for nothing leaves nothing";
}

TEST_F(CallJournalTest, NeverGivesDamagedNumbers) {
  write_journal();
  const std::string whole = content_of(file());
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    write(file(), damaged);
    try {
      const CallJournal journal(file(), kIdentity, JournalOpening::kResume);
      const std::vector<double> first = journal.find(0, 0, 2);
      EXPECT_TRUE(first.empty() || first == (std::vector{1.0, 2.0, 3.0, 4.0})) << place;
      const std::vector<double> second = journal.find(1, 0, 2);
      EXPECT_TRUE(second.empty() || second == (std::vector{-0.5, 1e300})) << place;
    } catch (const ConfigError&) {
      // The head of the file says what it is.
    }
  }
}

TEST_F(CallJournalTest, SaysWhatHasChanged) {
  write_journal();
  const JournalIdentity other = {{"model", "xyz"}, {"data", "def"}};
  EXPECT_NE(error_of(file(), other, JournalOpening::kResume).find("model was abc and is xyz"), std::string::npos);
  const JournalIdentity more = {{"model", "abc"}, {"data", "def"}, {"vocab", "ghi"}};
  EXPECT_NE(error_of(file(), more, JournalOpening::kResume).find("vocab was none and is ghi"), std::string::npos);
  CallJournal journal(file(), kIdentity, JournalOpening::kResume);
  EXPECT_THROW(journal.begin_list(4), ConfigError);
}

TEST_F(CallJournalTest, ReplacesOnlyWhenAsked) {
  write_journal();
  EXPECT_NE(error_of(file(), kIdentity, JournalOpening::kNew).find("expected a folder without an interrupted run"),
            std::string::npos);
  CallJournal journal(file(), kIdentity, JournalOpening::kReplace);
  EXPECT_EQ(journal.known_row_count(), 0U);
}

TEST_F(CallJournalTest, RefusesTwoWritersAndOtherFiles) {
  {
    CallJournal first(file(), kIdentity, JournalOpening::kNew);
    first.begin_list(1);
    first.add(0, 0, 1, std::vector{1.0});
    EXPECT_NE(error_of(file(), kIdentity, JournalOpening::kResume).find("that another run writes into"),
              std::string::npos);
  }
  write(file(), "something else");
  EXPECT_NE(error_of(file(), kIdentity, JournalOpening::kResume).find("got other bytes"), std::string::npos);
  EXPECT_NE(error_of(file().parent_path() / "none" / "run.journal", kIdentity, JournalOpening::kNew)
                .find("expected a writable file"),
            std::string::npos);
}

}  // namespace
}  // namespace modattr
