#include "modattr/data/pickle_reader.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using Kind = PickleValue::Kind;
using std::string_literals::operator""s;

Pickle read(const std::string& text) {
  return read_pickle(std::as_bytes(std::span(text)), "w");
}

TEST(Pickle, ReadsIntegersOfEveryWidth) {
  EXPECT_EQ(read("K\xff."s).root().integer, 255);
  EXPECT_EQ(read("M\x01\x02."s).root().integer, 513);
  EXPECT_EQ(read("J\xfe\xff\xff\xff."s).root().integer, -2);
  EXPECT_EQ(read("\x8a\x00."s).root().integer, 0);
  EXPECT_EQ(read("\x8a\x01\xff."s).root().integer, -1);
  EXPECT_EQ(read("\x8a\x02\xff\x00."s).root().integer, 255);
  EXPECT_EQ(read("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."s).root().integer,
            std::numeric_limits<std::int64_t>::min());
}

TEST(Pickle, BuildsDictionariesAndTuples) {
  const Pickle pickle = read(
      "\x80\x02}(X\x01\x00\x00\x00"
      "aK\x01K\x02\x86X\x01\x00\x00\x00"
      "b]q\x05(NNeu."s);
  ASSERT_EQ(pickle.root().kind, Kind::kDictionary);
  ASSERT_EQ(pickle.root().items.size(), 4U);
  EXPECT_EQ(pickle[pickle.root().items[0]].text, "a");
  EXPECT_EQ(pickle[pickle[pickle.root().items[1]].items[1]].integer, 2);
  EXPECT_EQ(pickle[pickle.root().items[3]].items.size(), 2U);
}

TEST(Pickle, DescribesCallsInsteadOfMakingThem) {
  const Pickle pickle = read("cos\nsystem\nX\x04\x00\x00\x00true\x85R."s);
  EXPECT_TRUE(pickle.is_call_of(pickle.root(), "os.system"));
  EXPECT_EQ(pickle.describe(pickle.root()), "an object made by 'os.system'");
}

TEST(Pickle, TakesAnOrderedDictionaryForADictionary) {
  const Pickle pickle = read("ccollections\nOrderedDict\n)R(K\x01K\x02u}b."s);
  EXPECT_EQ(pickle.root().kind, Kind::kDictionary);
  EXPECT_EQ(pickle.root().items.size(), 2U);
}

TEST(Pickle, SurvivesCyclesAndDepth) {
  EXPECT_EQ(read("]q\x00h\x00"
                 "a."s)
                .root()
                .kind,
            Kind::kList);
  EXPECT_EQ(read("N" + std::string(1'000'000, '\x85') + ".").root().kind, Kind::kTuple);
}

TEST(Pickle, RefusesDamage) {
  for (const std::string& text : {""s,
                                  "."s,
                                  "N"s,
                                  "K"s,
                                  "K\x01"s,
                                  "t."s,
                                  "\x85."s,
                                  "h\x00."s,
                                  "(."s,
                                  "N(u."s,
                                  "}Nas."s,

                                  "}(Nu."s,
                                  "Na."s,
                                  "X\xff\xff\xff\xff."s,
                                  "X\x05\x00\x00\x00"
                                  "abc."s,
                                  "\x8a\x09"s + std::string(9, '\x01') + ".",
                                  "cos"s,
                                  "cos\nx"s,
                                  "NN\x93."s,
                                  "R."s,
                                  "NR."s,
                                  "b."s,
                                  "Nb."s,
                                  "Q."s,
                                  "0."s,
                                  "1."s,
                                  "(0."s,
                                  "2."s,
                                  "q\x00."s,
                                  "\x94."s,
                                  "\x80\x09N."s,
                                  "\x95\x01"s,
                                  "(N(0000."s,
                                  "(h"s}) {
    EXPECT_THROW(read(text), DataError) << text;
  }
}

TEST(Pickle, NamesAnInstructionThatItDoesNotKnow) {
  try {
    read("I1\n."s);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "w: expected a pickle written by torch.save, got instruction 73");
  }
}

TEST(Pickle, RefusesToGrowFarBeyondItsFile) {
  EXPECT_THROW(read(std::string(5'000'000, 'N')), DataError);
  std::string long_names = "X\xff\xff\x01\x00"s + std::string(0x1FFFF, 'a') + "q\x00"s;
  for (int count = 0; count < 100'000; ++count) long_names += "h\x00h\x00\x93"s;
  EXPECT_THROW(read(long_names + "."), DataError);
}

}  // namespace
}  // namespace modattr
