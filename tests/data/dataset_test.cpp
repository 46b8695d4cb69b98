#include "modattr/data/dataset.h"

#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using namespace std::string_literals;

using Integers = std::vector<std::int64_t>;
using Rows = std::vector<std::uint32_t>;

TestArray floats(const std::string& name, const Integers& shape, float first = 0.0F) {
  std::vector<float> values(std::accumulate(shape.begin(), shape.end(), std::size_t{1}, [](auto product, auto size) {
    return product * static_cast<std::size_t>(size);
  }));
  std::iota(values.begin(), values.end(), first);
  return TestArray::of<float>(name, shape, values);
}

TestArray integers(const std::string& name, const Integers& values) {
  return TestArray::of<std::int64_t>(name, {static_cast<std::int64_t>(values.size())}, values);
}

std::vector<float> numbers(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel()};
}

class DatasetTest : public testing::Test {
 protected:
  Dataset open(const std::vector<TestArray>& arrays, DatasetOptions options = {.inputs = {"x"}}) {
    write_npz(path_, arrays);
    options.path = path_;
    return Dataset(options);
  }

  /// The message without the folder.
  std::string error_of(const std::vector<TestArray>& arrays, const DatasetOptions& options = {.inputs = {"x"}}) {
    const std::string message = thrown_message<DataError>([&] { return open(arrays, options).example_count(); });
    const std::string folder = folder_.path().string() + "/";
    return message.starts_with(folder) ? message.substr(folder.size()) : message;
  }

  std::filesystem::path metadata(std::string_view lines) {
    write_file(folder_ / "meta.jsonl", lines);
    return folder_ / "meta.jsonl";
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "val.npz";
};

TEST_F(DatasetTest, GathersRowsOfItsInputs) {
  const Dataset dataset =
      open({floats("x", {3, 2}), integers("label", {1, 0, 1}), integers("ids", {7, 8, 9})}, {.inputs = {"x", "ids"}});
  EXPECT_EQ(dataset.path(), path_.string());
  EXPECT_EQ(dataset.example_count(), 3U);
  EXPECT_EQ(dataset.input_count(), 2U);
  EXPECT_EQ(dataset.input(1).name, "ids");
  EXPECT_EQ(dataset.arrays().size(), 3U);
  EXPECT_EQ(numbers(dataset.gather(0, Rows{2, 0, 2})), (std::vector<float>{4, 5, 0, 1, 4, 5}));
  EXPECT_EQ(dataset.gather(1, Rows{1}).scalar_type(), at::kLong);
}

TEST_F(DatasetTest, SharesRowsAmongExamples) {
  const Dataset dataset =
      open({floats("x", {2, 2}), integers("x__rows", {1, 0, 1, 1}), integers("label", {0, 1, 1, 0})});
  EXPECT_EQ(dataset.example_count(), 4U);
  EXPECT_EQ(numbers(dataset.gather(0, Rows{0, 1, 3})), (std::vector<float>{2, 3, 0, 1, 2, 3}));
}

TEST_F(DatasetTest, CountsSharedRowsWithoutLabels) {
  EXPECT_EQ(open({floats("x", {2, 2}), integers("x__rows", {1, 0, 1})}).example_count(), 3U);
}

TEST_F(DatasetTest, ReadsTheLabelsOfTheArrayThatIsNamed) {
  const std::vector<TestArray> arrays = {floats("x", {2}), integers("label", {0, 1}), integers("truth", {1, 2})};
  EXPECT_EQ(std::get<ClassLabels>(*open(arrays).labels()).classes, (Integers{0, 1}));
  EXPECT_EQ(std::get<ClassLabels>(*open(arrays, {.inputs = {"x"}, .label = "truth"}).labels()).classes,
            (Integers{1, 2}));
  EXPECT_TRUE(std::holds_alternative<NoLabels>(*open({floats("x", {2})}).labels()));
  EXPECT_TRUE(std::holds_alternative<ValueLabels>(
      *open(arrays, {.inputs = {"x"}, .output_kind = OutputKind::kRegression}).labels()));
}

TEST_F(DatasetTest, NamesExamplesByIdOrByRow) {
  EXPECT_EQ(open({floats("x", {2})}).id(1), "1");
  EXPECT_EQ(open({floats("x", {2}), integers("id", {-5, 40})}).id(1), "40");
  EXPECT_EQ(
      open({floats("x", {2}), integers("id", {5, 4}), integers("key", {10, 20})}, {.inputs = {"x"}, .id = "key"}).id(0),
      "10");
  const DatasetOptions options = {
      .inputs = {"x"}, .id = "name", .metadata = metadata("{\"name\": \"a\"}\n{\"name\": \"b\"}\n")};
  EXPECT_EQ(open({floats("x", {2})}, options).id(1), "b");
}

TEST_F(DatasetTest, FindsExamplesById) {
  const Dataset dataset = open({floats("x", {3}), integers("id", {30, 10, 20})});
  EXPECT_EQ(dataset.find_id("20"), 2U);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return dataset.find_id("2"); }),
                       {option("ids") + ": expected ids of ", "val.npz, got '2'; the first one is '30'"}));
}

TEST_F(DatasetTest, IsCutByLabelInNumericalOrder) {
  const std::vector<Stratum> strata = open({floats("x", {4}), integers("label", {10, 9, -1, 10})}).strata("label");
  ASSERT_EQ(strata.size(), 3U);
  EXPECT_EQ(strata[0].name, "-1");
  EXPECT_EQ(strata[1].name, "9");
  EXPECT_EQ(strata[2].examples, (Rows{0, 3}));
}

TEST_F(DatasetTest, RefusesALabelForAllRows) {
  EXPECT_EQ(error_of({floats("x", {2}), TestArray::of<std::int64_t>("label", {}, {1})}),
            "val.npz: labels 'label': expected one per example, [N], got a single number; save np.array([...]) with a "
            "label for every row");
}

TEST_F(DatasetTest, NamesClassesInTheOrderOfTheirLabels) {
  const std::vector<std::string> names = {"zebra", "ant"};
  const auto names_of = [](const std::vector<Stratum>& strata) {
    std::vector<std::string> result;
    for (const Stratum& stratum : strata) result.push_back(stratum.name);
    return result;
  };
  EXPECT_EQ(names_of(open({floats("x", {3}), integers("label", {1, 2, 0})}, {.inputs = {"x"}, .class_names = names})
                         .strata("label")),
            (std::vector<std::string>{"zebra", "ant", "2"}));
  EXPECT_EQ(names_of(open({floats("x", {3}), integers("answer", {1, 2, 0})},
                          {.inputs = {"x"}, .label = "answer", .group = "answer", .class_names = names})
                         .strata("answer")),
            (std::vector<std::string>{"2", "ant", "zebra"}))
      << "by its own name it is a column like others";
}

TEST_F(DatasetTest, IsCutByAnArrayOrByMetadata) {
  const DatasetOptions options = {.inputs = {"x"},
                                  .group = "kind",
                                  .column = "block",
                                  .metadata = metadata("{\"kind\": \"b\"}\n{\"kind\": \"a\"}\n{\"kind\": \"b\"}\n")};
  const Dataset dataset = open({floats("x", {3}), integers("block", {1, 1, 0})}, options);
  EXPECT_EQ(dataset.group_column(), "kind");
  const std::vector<Stratum> kinds = dataset.strata("kind");
  ASSERT_EQ(kinds.size(), 2U);
  EXPECT_EQ(kinds[0].name, "a");
  EXPECT_EQ(kinds[1].examples, (Rows{0, 2}));
  EXPECT_EQ(dataset.strata("block")[0].examples, (Rows{2}));
}

TEST_F(DatasetTest, TellsTheGroupOfAnExample) {
  const std::vector<TestArray> arrays = {floats("x", {3}), integers("kind", {7, 8, 7}), integers("label", {0, 1, 5})};
  Dataset dataset = open(arrays, {.inputs = {"x"}, .group = "kind"});
  EXPECT_EQ(dataset.group(1), "8");
  dataset.keep(Rows{2, 1});
  EXPECT_EQ(dataset.group(0), "7");
  EXPECT_EQ(open(arrays).group(0), std::nullopt);
  const Dataset by_label = open(arrays, {.inputs = {"x"}, .group = "label", .class_names = {"cat", "dog"}});
  EXPECT_EQ(by_label.group(1), "dog");
  EXPECT_EQ(by_label.group(2), "5") << "has no name";
}

TEST_F(DatasetTest, IsNotCutByWhatItDoesNotHave) {
  const Dataset dataset = open({floats("x", {2}), integers("kind", {0, 1})}, {.inputs = {"x"}, .group = "kind"});
  EXPECT_EQ(thrown_message<ConfigError>([&] { return dataset.strata("kinds"); }),
            "strata: unknown column 'kinds'; did you mean 'kind'?");
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return dataset.strata("label"); }),
                       {"strata by 'label': expected class labels"}));
}

TEST_F(DatasetTest, KeepsASelection) {
  Dataset dataset = open({floats("x", {3}), integers("x__rows", {2, 1, 0, 0}), integers("label", {5, 6, 7, 8}),
                          integers("kind", {0, 1, 0, 1}), integers("id", {50, 60, 70, 80})},
                         {.inputs = {"x"}, .group = "kind"});
  dataset.keep(Rows{3, 0, 1});
  dataset.keep(Rows{1, 0});
  EXPECT_EQ(dataset.example_count(), 2U);
  EXPECT_EQ(dataset.id(0), "50");
  EXPECT_EQ(dataset.id(1), "80");
  EXPECT_EQ(dataset.find_id("80"), 1U);
  EXPECT_THROW(static_cast<void>(dataset.find_id("60")), ConfigError);
  EXPECT_EQ(numbers(dataset.gather(0, Rows{0, 1})), (std::vector<float>{2, 0}));
  EXPECT_EQ(std::get<ClassLabels>(*dataset.labels()).classes, (Integers{5, 8}));
  EXPECT_EQ(dataset.strata("kind")[1].examples, (Rows{1}));
  EXPECT_EQ(dataset.strata("label")[0].name, "5");
}

TEST_F(DatasetTest, ReadsInputsOnlyWhereNothingElseIsNeeded) {
  // Labels and ids that no set of examples could have.
  const std::vector<TestArray> arrays = {floats("x", {3, 2}), integers("label", {1, -7, 0, 0, 5}),
                                         integers("id", {4, 4, 4})};
  EXPECT_NE(error_of(arrays), "nothing was thrown");
  const Dataset dataset = open(arrays, {.inputs = {"x"}, .content = DatasetContent::kInputsOnly});
  EXPECT_EQ(dataset.example_count(), 3U);
  EXPECT_TRUE(std::holds_alternative<NoLabels>(*dataset.labels()));
  EXPECT_EQ(dataset.id(2), "2") << "the row";
  EXPECT_EQ(numbers(dataset.gather(0, Rows{1})), (std::vector<float>{2, 3}));
}

TEST_F(DatasetTest, GivesTheInputsOfTheWholeFile) {
  Dataset dataset = open({floats("x", {2, 2}), integers("x__rows", {1, 0, 1}), integers("label", {5, 6, 7}),
                          integers("id", {40, 30, 20})});
  dataset.keep(Rows{2});
  const std::unique_ptr<Dataset> whole = dataset.whole_inputs();
  EXPECT_EQ(whole->example_count(), 3U);
  EXPECT_EQ(numbers(whole->gather(0, Rows{0, 1, 2})), (std::vector<float>{2, 3, 0, 1, 2, 3}));
  EXPECT_TRUE(std::holds_alternative<NoLabels>(*whole->labels()));
  EXPECT_EQ(whole->id(2), "2") << "the row";
  EXPECT_EQ(dataset.example_count(), 1U);
}

TEST_F(DatasetTest, NamesAnArrayThatIsMissing) {
  EXPECT_EQ(error_of({floats("xs", {2})}),
            "val.npz: expected an array 'x' for the model's input, got none; did you mean 'xs'?");
  EXPECT_TRUE(mentions(error_of({floats("x", {2})}, {.inputs = {"x"}, .label = "truth"}), {"'truth' for labels"}));
  EXPECT_EQ(error_of({floats("x", {2})}, {}), "val.npz: expected at least one input, got none");
}

TEST_F(DatasetTest, NamesAColumnThatIsMissing) {
  const auto column_error = [&](const DatasetOptions& options) {
    return thrown_message<ConfigError>([&] {
      return open({floats("x", {2}), integers("kind", {0, 1})}, options).path();
    });
  };
  EXPECT_TRUE(mentions(column_error({.inputs = {"x"}, .group = "kinds"}),
                       {"data.group: expected an array of ", "val.npz", "got 'kinds'; did you mean 'kind'?"}));
  EXPECT_TRUE(mentions(column_error({.inputs = {"x"}, .id = "key"}), {"data.id: ", "got 'key'"}));
  EXPECT_TRUE(
      mentions(column_error({.inputs = {"x"}, .column = "lable"}), {option("within") + ": ", "did you mean 'label'?"}));
}

TEST_F(DatasetTest, NamesAnArrayWhoseRowsDoNotMatch) {
  EXPECT_EQ(error_of({floats("x", {3}), integers("label", {0, 1})}),
            "val.npz: input 'x': expected 2 rows like 'label', got 3");
  EXPECT_EQ(error_of({floats("x", {3}), floats("y", {1, 3})}, {.inputs = {"x", "y"}}),
            "val.npz: input 'y': expected 3 rows like 'x', got 1");
  EXPECT_EQ(error_of({floats("x", {1}), integers("id", {0, 1})}), "val.npz: ids 'id': expected 1 row like 'x', got 2");
  EXPECT_EQ(error_of({floats("x", {2}), integers("kind", {0})}, {.inputs = {"x"}, .group = "kind"}),
            "val.npz: column 'kind': expected 2 rows like 'x', got 1");
  EXPECT_EQ(error_of({floats("x", {3}), integers("x__rows", {0, 1}), integers("label", {0})}),
            "val.npz: 'x__rows': expected 1 row like 'label', got 2");
}

TEST_F(DatasetTest, RefusesASingleNumberAndAnEmptySet) {
  EXPECT_EQ(error_of({floats("x", {})}), "val.npz: input 'x': expected one row per example, got a single number");
  EXPECT_EQ(error_of({floats("x", {0, 3})}), "val.npz: expected at least one example, got an empty set");
}

TEST_F(DatasetTest, ChecksSharedRows) {
  const TestArray label = integers("label", {0, 1});
  EXPECT_EQ(error_of({floats("x", {2}), label, integers("x__rows", {0, 2})}),
            "val.npz: 'x__rows' of row 1: expected 0 to 1 as 'x' has 2 rows, got 2");
  EXPECT_EQ(error_of({floats("x", {1}), label, integers("x__rows", {-1, 0})}),
            "val.npz: 'x__rows' of row 0: expected 0 to 0 as 'x' has 1 row, got -1");
  EXPECT_EQ(error_of({floats("x", {2}), label, floats("x__rows", {2})}),
            "val.npz: 'x__rows': expected int64[examples], got float32[2]");
  EXPECT_EQ(error_of({floats("x", {2}), label, TestArray::of<std::int64_t>("x__rows", {2, 1}, {0, 0})}),
            "val.npz: 'x__rows': expected int64[examples], got int64[2, 1]");
  EXPECT_EQ(error_of({floats("x", {0, 4}), label, integers("x__rows", {0, 0})}),
            "val.npz: input 'x': expected at least one row, got float32[0, 4]");
}

TEST_F(DatasetTest, ChecksIds) {
  EXPECT_EQ(error_of({floats("x", {3}), integers("id", {7, 8, 7})}),
            "val.npz: ids: expected distinct values, got 7 twice (rows 0 and 2)");
  EXPECT_EQ(error_of({floats("x", {2}), floats("id", {2})}),
            "val.npz: ids 'id': expected int64[examples] or text[examples], got float32[2]");
  const DatasetOptions options = {
      .inputs = {"x"}, .id = "name", .metadata = metadata("{\"name\": \"a\"}\n{\"name\": \"a\"}\n")};
  EXPECT_EQ(error_of({floats("x", {2})}, options),
            "val.npz: ids: expected distinct values, got 'a' twice (rows 0 and 1)");
}

TEST_F(DatasetTest, ChecksColumns) {
  EXPECT_EQ(error_of({floats("x", {2}), floats("kind", {2})}, {.inputs = {"x"}, .group = "kind"}),
            "val.npz: column 'kind': expected int64[examples] or text[examples], got float32[2]");
}

TEST_F(DatasetTest, RefusesGroupsOfOneTextAndTwoTypes) {
  const std::string_view lines = "{\"kind\": true}\n{\"kind\": \"true\"}\n";
  const DatasetOptions group = {.inputs = {"x"}, .group = "kind", .metadata = metadata(lines)};
  EXPECT_TRUE(mentions(error_of({floats("x", {2})}, group),
                       {"meta.jsonl:2: expected 'true' under 'kind' as a boolean like in line 1, got a text"}));
}

TEST_F(DatasetTest, ChecksTheRowsOfMetadata) {
  const DatasetOptions options = {.inputs = {"x"}, .metadata = metadata("{\"name\": \"a\"}\n")};
  EXPECT_TRUE(mentions(error_of({floats("x", {2})}, options), {"meta.jsonl: expected 2 rows like 'x' of ", "got 1"}));
  const DatasetOptions group = {.inputs = {"x"}, .group = "kind", .metadata = metadata("{\"k\": 1}\n{\"k\": 2}\n")};
  EXPECT_TRUE(mentions(error_of({floats("x", {2})}, group), {"meta.jsonl", "'kind'"}));
}

TEST_F(DatasetTest, CastsInputsOfFloats) {
  const std::vector<TestArray> arrays = {TestArray::of<double>("x", {2, 2}, {0.5, 1, 2, -3}),
                                         TestArray::of<double>("x__baseline", {1, 2}, {4, 5}),
                                         TestArray::of<std::int64_t>("n", {2}, {7, 8})};
  Dataset dataset = open(arrays, {.inputs = {"x", "n"}});
  dataset.cast_floats(c10::ScalarType::Float);
  const Rows second = {1};
  EXPECT_EQ(numbers(dataset.gather(0, second)), (std::vector<float>{2, -3}));
  EXPECT_EQ(dataset.input(1).dtype, c10::ScalarType::Long);
  EXPECT_EQ(dataset.whole_inputs()->input(0).dtype, c10::ScalarType::Float);
  EXPECT_EQ(dataset.arrays().at(1).dtype, c10::ScalarType::Float);
}

TEST_F(DatasetTest, MindsAnArrayThatCannotBeReadOnlyWhereItIsUsed) {
  const std::string texts = npy_content("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", "a\0\0\0"s);
  write_zip(path_, {{"x.npy", npy_content(floats("x", {1, 2}))}, {"name.npy", texts}});
  EXPECT_EQ(Dataset({.path = path_, .inputs = {"x"}}).example_count(), 1U);
  EXPECT_TRUE(
      mentions(thrown_message<DataError>([&] { return Dataset({.path = path_, .inputs = {"name"}}).example_count(); }),
               {"array 'name': expected a dtype that libtorch has", "texts are read as ids, groups and names only"}));
}

class TextColumns : public DatasetTest {
 protected:
  /// Inputs, labels and a text each, all of two examples.
  Dataset open_texts(const std::string& shape, DatasetOptions options, std::string_view name = "name") {
    const std::string texts = npy_content("{'descr': '|S2', 'fortran_order': False, 'shape': " + shape + ", }",
                                          shape == "(1,)" ? "q1"s : "q1q0"s);
    write_zip(path_, {{"x.npy", npy_content(floats("x", {2, 2}))}, {std::string(name) + ".npy", texts}});
    options.path = path_;
    options.inputs = {"x"};
    return Dataset(options);
  }
};

TEST_F(TextColumns, AreIdsAndGroups) {
  const Dataset dataset = open_texts("(2,)", {.id = "name", .group = "name"});
  EXPECT_EQ(dataset.id(0), "q1");
  EXPECT_EQ(dataset.find_id("q0"), 1U);
  EXPECT_EQ(dataset.group(1), "q0");
  EXPECT_EQ(dataset.strata("name").front().name, "q0");
  EXPECT_EQ(open_texts("(2,)", {}, "id").id(1), "q0");
}

TEST_F(TextColumns, HaveOneTextPerExample) {
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open_texts("(1, 2)", {.id = "name"}).example_count(); }),
                       {"ids 'name': expected int64[examples] or text[examples], got text[1, 2]"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open_texts("(1,)", {.group = "name"}).example_count(); }),
                       {"column 'name': expected 2 rows like 'x', got 1"}));
}

TEST_F(TextColumns, AreNoLabels) {
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open_texts("(2,)", {}, "label").example_count(); }),
                       {"label 'label': expected classes as whole numbers, from 0 on, got text[2]", "label__classes"}));
}

}  // namespace
}  // namespace modattr
