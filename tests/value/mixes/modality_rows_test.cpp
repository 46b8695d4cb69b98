#include "modattr/value/mixes/modality_rows.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr::modality_rows_test {
namespace {

using Rows = std::vector<std::uint32_t>;
using Parts = std::vector<std::string>;

class ModalityRowsTest : public testing::Test {
 protected:
  /// Rows of modalities that are made of these references.
  ModalityRows rows_of(const std::vector<Parts>& modalities, const std::vector<TestArray>& arrays) {
    std::vector<ModalityInputs> inputs;
    for (const Parts& parts : modalities) {
      inputs.push_back({"modality " + std::to_string(inputs.size()), {}});
      for (const std::string& part : parts) inputs.back().inputs.push_back(parse_input_reference(part).value());
    }
    const InputLayout layout = make_input_layout(inputs);
    write_npz(folder_ / "val.npz", arrays);
    return {Dataset({.path = folder_ / "val.npz", .inputs = layout.input_names()}), layout};
  }

  TemporaryFolder folder_;
  TestArray x_ = TestArray::of<float>("x", {5, 3}, {1, 2, 3, 1, 2, 4, 1, 2, 3, 9, 2, 3, 1, 2, 3});
  TestArray y_ = TestArray::of<std::int64_t>("y", {5}, {7, 8, 8, 7, 7});
};

TEST_F(ModalityRowsTest, ComparesAllInputsOfAModality) {
  const ModalityRows rows = rows_of({{"x", "y"}}, {x_, y_});
  EXPECT_EQ(rows.modality(0).row_of, (Rows{0, 1, 2, 3, 0}));
  EXPECT_EQ(rows.modality(0).example_of, (Rows{0, 1, 2, 3}));
  EXPECT_EQ(rows.kept_columns(), nullptr);
}

TEST_F(ModalityRowsTest, LooksAtEachModalityAlone) {
  const ModalityRows rows = rows_of({{"y"}, {"x"}}, {x_, y_});
  EXPECT_EQ(rows.modality(0).row_of, (Rows{0, 1, 1, 0, 0}));
  EXPECT_EQ(rows.modality(1).row_of, (Rows{0, 1, 0, 2, 0}));
  EXPECT_EQ(rows.kept_columns(), nullptr);
}

TEST_F(ModalityRowsTest, GivesASharedInputToEachOfItsModalities) {
  const ModalityRows rows = rows_of({{"x[0,2]"}, {"x[1]", "y"}}, {x_, y_});
  EXPECT_EQ(rows.modality(0).row_of, (Rows{0, 1, 0, 2, 0}));
  EXPECT_EQ(rows.modality(1).row_of, (Rows{0, 1, 2, 3, 0}));
  EXPECT_EQ(rows.kept_columns(), nullptr) << "all columns have a modality";
}

TEST_F(ModalityRowsTest, KeepsColumnsOfNoModality) {
  const ModalityRows rows = rows_of({{"x[0]"}, {"x[1]", "y"}}, {x_, y_});
  ASSERT_NE(rows.kept_columns(), nullptr);
  // Column 2 of the examples is 3, 4, 3, 3, 3.
  const Rows& kept = rows.kept_columns()->row_of;
  EXPECT_NE(kept[0], kept[1]);
  EXPECT_EQ(kept[0], kept[2]);
  EXPECT_EQ(kept[0], kept[4]);
}

TEST_F(ModalityRowsTest, KeepsColumnsOfSeveralInputsTogether) {
  const TestArray z = TestArray::of<float>("z", {5, 2}, {0, 0, 0, 0, 0, 1, 0, 0, 0, 0});
  const ModalityRows rows = rows_of({{"x[0]"}, {"z[0]", "y"}}, {x_, z, y_});
  ASSERT_NE(rows.kept_columns(), nullptr);
  EXPECT_EQ(rows.kept_columns()->row_of, (Rows{0, 1, 2, 3, 0}));
}

TEST_F(ModalityRowsTest, CountsColumnsInTheSecondDimension) {
  const TestArray z = TestArray::of<float>("z", {2, 2, 3}, std::vector<float>(12, 1.0F));
  EXPECT_EQ(rows_of({{"z[0]"}, {"z[1]"}}, {z}).kept_columns(), nullptr);
  EXPECT_NE(rows_of({{"z[1]"}}, {z}).kept_columns(), nullptr);
}

}  // namespace
}  // namespace modattr::modality_rows_test
