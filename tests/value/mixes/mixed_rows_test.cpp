#include "modattr/value/mixes/mixed_rows.h"

#include <vector>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

TEST(MixedRows, TakesEachColumnFromTheExampleOfItsModality) {
  const TemporaryFolder folder;
  write_npz(folder / "val.npz", {TestArray::of<std::int64_t>("x", {3, 4}, {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23}),
                                 TestArray::of<std::int64_t>("y", {3}, {5, 6, 7})});
  const auto part = [](const char* text) { return parse_input_reference(text).value(); };
  const InputLayout layout = make_input_layout(
      std::vector<ModalityInputs>{{"first", {part("x[0,3]")}}, {"second", {part("x[1]"), part("y")}}});
  const Dataset dataset({.path = folder / "val.npz", .inputs = layout.input_names()});
  MixedRows rows(2, 4);
  rows.own = {0, 1, 2, 0};
  rows.by_modality = {{1, 1, 0, 0}, {2, 0, 2, 0}};
  EXPECT_EQ(rows.row_count(), 4U);
  const at::Tensor x = gather_input(dataset, layout, 0, rows);
  const std::vector<std::int64_t> expected = {10, 21, 2, 13, 10, 1, 12, 13, 0, 21, 22, 3, 0, 1, 2, 3};
  EXPECT_TRUE(x.equal(at::tensor(expected).reshape({4, 4}))) << x;
  EXPECT_TRUE(gather_input(dataset, layout, 1, rows).equal(at::tensor(std::vector<std::int64_t>{7, 5, 7, 5})));
}

}  // namespace
}  // namespace modattr
