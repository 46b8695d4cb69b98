#include "modattr/value/bind_inputs.h"

#include <vector>

#include <gtest/gtest.h>

#include "fake_model.h"
#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// One modality per reference, named after its place.
InputLayout layout_of(const std::vector<std::string>& references) {
  std::vector<ModalityInputs> modalities;
  for (const std::string& text : references) {
    modalities.push_back({"modality" + std::to_string(modalities.size()), {parse_input_reference(text).value()}});
  }
  return make_input_layout(modalities);
}

std::string argument_error(const std::vector<ModelArgument>& arguments, const std::vector<std::string>& inputs) {
  const FakeModel model(arguments, {});
  return thrown_message<ConfigError>([&] {
    check_arguments(model, layout_of(inputs));
    return 0;
  });
}

const std::vector<ModelArgument> kArguments = {
    {"image", "Tensor", false}, {"ids", "Tensor", false}, {"mask", "Optional[Tensor]", true}};

TEST(CheckArguments, AcceptsTheArgumentsInAnyOrder) {
  EXPECT_EQ(argument_error(kArguments, {"image", "ids", "mask"}), "nothing was thrown");
  EXPECT_EQ(argument_error(kArguments, {"mask", "ids", "image"}), "nothing was thrown");
}

TEST(CheckArguments, LetsOptionalArgumentsOut) {
  EXPECT_EQ(argument_error(kArguments, {"ids", "image"}), "nothing was thrown");
}

TEST(CheckArguments, ListsBothSidesOfADifference) {
  EXPECT_EQ(argument_error(kArguments, {"image"}),
            "modalities: expected the inputs of forward() of model.pt: image, ids, mask (optional); got image");
  EXPECT_EQ(argument_error(kArguments, {"image", "ids", "masks"}),
            "modalities: expected the inputs of forward() of model.pt: image, ids, mask (optional); got image, ids, "
            "masks");
}

TEST(CheckArguments, AcceptsAnyNamesForADictionary) {
  EXPECT_EQ(argument_error({}, {"anything"}), "nothing was thrown");
}

class CheckColumns : public testing::Test {
 protected:
  std::string column_error(const std::string& reference) {
    const InputLayout layout = layout_of({reference});
    const Dataset dataset({.path = path_, .inputs = layout.input_names()});
    return thrown_message<ConfigError>([&] {
      check_columns(dataset, layout);
      return 0;
    });
  }

  void SetUp() override {
    write_npz(path_, {TestArray::of<float>("x", {2, 3}, {1, 2, 3, 4, 5, 6}), TestArray::of<float>("v", {2}, {1, 2})});
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "val.npz";
};

TEST_F(CheckColumns, AcceptsColumnsOfTheData) {
  EXPECT_EQ(column_error("x[0:3]"), "nothing was thrown");
  EXPECT_EQ(column_error("x[2]"), "nothing was thrown");
  EXPECT_EQ(column_error("v"), "nothing was thrown");
}

TEST_F(CheckColumns, NamesColumnsBeyondTheData) {
  EXPECT_EQ(column_error("x[1:4]"), "modality 'modality0': expected columns of 'x' float32[2, 3], got x[1:4]");
  EXPECT_EQ(column_error("x[0,3]"), "modality 'modality0': expected columns of 'x' float32[2, 3], got x[3:4]");
}

TEST_F(CheckColumns, NamesAnInputWithoutColumns) {
  EXPECT_EQ(column_error("v[0]"), "modality 'modality0': expected columns of 'v' float32[2], got v[0:1]");
}

}  // namespace
}  // namespace modattr
