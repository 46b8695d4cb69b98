#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_set>

#include "guessed_modalities.h"
#include "guessed_task.h"
#include "guessed_trees.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/data/array_file.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/array_text.h"
#include "modattr/data/dataset.h"
#include "modattr/data/raw/manifest.h"
#include "modattr/run/command.h"
#include "modattr/run/config/config.h"
#include "run/checks/tried_rows.h"
#include "run/config/json_object.h"
#include "run/raw/guessed_raw.h"
#include "run/raw/raw_data.h"
#include "run/setup/open_model.h"

namespace modattr {
namespace {

const std::vector<std::string> kLabelNames = {"label", "labels", "target",  "targets",
                                              "y",     "answer", "answers", "class"};
const std::vector<std::string> kIdNames = {"id", "ids", "example_id", "question_id"};

bool is_helper(const std::string& name) {
  return name.ends_with("__rows") || name.ends_with("__players") || name.ends_with("__baseline") ||
         name.ends_with("__columns") || name.ends_with("__classes");
}

std::string relative_to(const std::filesystem::path& file, const std::filesystem::path& folder) {
  return std::filesystem::absolute(file).lexically_relative(std::filesystem::absolute(folder)).generic_string();
}

bool are_distinct(const Array& column) {
  const std::vector<std::string> texts = column_texts(column, column.name);
  return std::unordered_set<std::string>(texts.begin(), texts.end()).size() == texts.size();
}

class Starter {
 public:
  Starter(const CommandRequest& request, const RunContext& context)
      : options_(request.options),
        model_path_(request.common.model.value()),
        data_path_(request.common.data.value()),
        folder_(request.common.config.value().has_parent_path() ? request.common.config->parent_path() : "."),
        model_(open_model(recognised_model(model_path_), "cpu", std::nullopt)) {
    context.log("matching " + model_->path() + " with " + data_path_.string());
    for (const ModelArgument& argument : model_->arguments()) {
      if (!argument.optional) required_.insert(argument.name);
    }
    if (is_manifest(data_path_)) {
      open_raw();
      return;
    }
    arrays_ = open_array_file(data_path_);
    label_ = find_label();
    id_ = find_column("id", kIdNames);
    group_ = find_column("group", {});
  }

  /// The text of a modattr.json, and the guesses behind it.
  CommandResult result() {
    const std::vector<const Array*> inputs = find_inputs();
    const TriedRows tried = try_rows(*model_, dataset_of(inputs));
    Json document;
    document["model"] = {{"path", relative_to(model_path_, folder_)}};
    if (raw_) return raw_result(tried, std::move(document));
    const GuessedTask task = guess_model(tried, document["model"]);
    guess_data(document);
    std::optional<std::string> vocab = options_.text("vocab");
    if (vocab) vocab = relative_to(existing_file("vocab", *vocab), folder_);
    if (const std::optional<std::string> classes = options_.text("classes")) {
      document["data"]["classes"] = relative_to(existing_file("classes", *classes), folder_);
    }
    document["modalities"] = model_->trees() != nullptr ? guess_tree_modalities(inputs, guesses_)
                                                        : guess_modalities(inputs, vocab, guesses_, warnings_);
    return finished(task, std::move(document));
  }

 private:
  /// The arrays that are made of a manifest, as a configuration of guesses makes them.
  void open_raw() {
    raw_options_ = {.path = data_path_, .content = DatasetContent::kInputsOnly};
    raw_ = guess_raw({.manifest = data_path_,
                      .model = model_path_,
                      .arguments = raw_arguments(),
                      .label = options_.text("label"),
                      .id = options_.text("id"),
                      .group = options_.text("group"),
                      .has_class_file = options_.text("classes").has_value(),
                      .takes = [this](const Json& modalities) { return takes(modalities); }});
    for (const RawGuess& guess : raw_->guesses) guesses_.push_back({guess.key, guess.text});
    warnings_ = raw_->warnings;
    raw_options_.content = DatasetContent::kInputsAndColumns;
    raw_options_.label = raw_->label;
    use_raw(raw_->modalities, raw_data(data_path_.string(), options_.text("classes")));
    if (raw_->label) label_ = find(*raw_->label);
  }

  void use_raw(const Json& modalities, Json data) {
    Json document{{"model", {{"path", model_path_.string()}}}, {"data", std::move(data)}, {"modalities", modalities}};
    const Config config = read_result_config(document.dump());
    raw_options_.class_names = config.data.classes;
    use_manifest(raw_options_, config, {});
    arrays_ = raw_options_.source->arrays;
  }

  bool takes(const Json& modalities) {
    try {
      use_raw(modalities, {{"path", data_path_.string()}});
      return !try_rows(*model_, dataset_of(find_inputs())).outputs.empty();
    } catch (const Error&) {
      return false;
    }
  }

  std::vector<std::string> raw_arguments() const {
    if (model_->takes_dictionary()) {
      throw ConfigError("init: expected a model whose forward() takes tensors by name, got " + model_->path() +
                        ", which takes a dictionary; write modattr.json by hand for a manifest");
    }
    std::vector<std::string> arguments;
    for (const ModelArgument& argument : model_->arguments()) {
      if (!argument.optional) arguments.push_back(argument.name);
    }
    return arguments;
  }

  Json raw_data(const std::string& path, const std::optional<std::string>& class_file) const {
    Json data = {{"path", path}};
    if (raw_->label) data["label"] = *raw_->label;
    if (raw_->id) data["id"] = *raw_->id;
    if (const auto group = options_.text("group")) data["group"] = *group;
    if (class_file) data["classes"] = *class_file;
    if (!raw_->classes.empty()) data["classes"] = raw_->classes;
    return data;
  }

  CommandResult raw_result(const TriedRows& tried, Json document) {
    const GuessedTask task = guess_model(tried, document["model"]);
    std::optional<std::string> classes = options_.text("classes");
    if (classes) classes = relative_to(existing_file("classes", *classes), folder_);
    document["data"] = raw_data(relative_to(data_path_, folder_), classes);
    document["modalities"] = raw_->modalities;
    for (Json& modality : document["modalities"]) {
      for (const char* key : {"tokenizer", "preprocessing"}) {
        if (modality.contains(key) && modality[key].is_string()) {
          modality[key] = relative_to(modality[key].get<std::string>(), folder_);
        }
      }
    }
    return finished(task, std::move(document));
  }

  CommandResult finished(const GuessedTask& task, Json document) const {
    if (task.metric) document["metric"] = *task.metric;
    document["seed"] = 0;
    InspectionSection section{.title = "taken for", .rows = {}};
    for (const Guess& guess : guesses_) section.rows.push_back({guess.key, guess.text});
    return {.sections = {std::move(section)}, .warnings = warnings_, .document = document.dump(2) + "\n"};
  }

  const Array* find(const std::string& name) const {
    const auto found = std::ranges::find(arrays_, name, &Array::name);
    return found == arrays_.end() ? nullptr : &*found;
  }

  /// Whether forward() cannot do without the array.
  bool is_required(const std::string& name) const { return required_.contains(name); }

  static std::filesystem::path existing_file(const std::string& option_name, const std::string& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      const std::string item = option_name == "vocab" ? "word" : "name";
      throw ConfigError(option(option_name) + ": expected a file, one " + item + " per line, got '" + file +
                        "', which is none");
    }
    return file;
  }

  /// The array that an option names, which is none of the model's inputs.
  const Array* named_array(const std::string& option_name, const std::string& name) const {
    const Array* array = find(name);
    if (array != nullptr && !is_required(name)) {
      if (!array->text || option_name == "label") check_readable(*array);
      return array;
    }
    std::vector<std::string> known;
    for (const Array& other : arrays_) {
      if (!is_required(other.name) && !is_helper(other.name)) known.push_back(other.name);
    }
    throw ConfigError(option(option_name) + ": expected an array of " + data_path_.string() +
                      " that is no input of the model, got '" + name + "'" + suggestion(name, known));
  }

  const Array* find_label() const {
    if (const std::optional<std::string> name = options_.text("label")) return named_array("label", *name);
    for (const std::string& name : kLabelNames) {
      const Array* array = find(name);
      if (array != nullptr && array->unreadable.empty() && !is_required(name)) return array;
    }
    // Every command reads an array of this name where the configuration names no other.
    if (const Array* array = find(kLabelNames.front()); array != nullptr && !is_required(array->name)) {
      check_readable(*array);
    }
    return nullptr;
  }

  /// Integers or texts, one per example.
  const Array* find_column(const std::string& option_name, const std::vector<std::string>& names) const {
    if (const std::optional<std::string> name = options_.text(option_name)) {
      const Array* array = named_array(option_name, *name);
      if (!is_column(*array)) {
        throw ConfigError(option(option_name) + ": expected integers or texts [N], got '" + *name + "' " +
                          describe(*array));
      }
      return array;
    }
    for (const std::string& name : names) {
      const Array* array = find(name);
      if (array != nullptr && !is_required(name) && is_column(*array) && are_distinct(*array)) return array;
    }
    return nullptr;
  }

  bool is_other(const Array& array) const { return &array == label_ || &array == id_ || &array == group_; }

  std::vector<const Array*> find_inputs() const {
    std::vector<const Array*> inputs;
    std::string wanted;
    std::string missing;
    if (model_->takes_dictionary()) {
      for (const Array& array : arrays_) {
        if (!is_other(array) && !is_helper(array.name) && array.unreadable.empty()) inputs.push_back(&array);
      }
    }
    if (model_->trees() != nullptr) return tree_inputs(*model_->trees(), model_->path(), inputs);
    for (const ModelArgument& argument : model_->arguments()) {
      const Array* array = find(argument.name);
      wanted += (wanted.empty() ? "" : ", ") + argument.name;
      if (array == nullptr && !argument.optional) missing += (missing.empty() ? "" : ", ") + argument.name;
      if (array != nullptr && !is_other(*array)) inputs.push_back(array);
    }
    if (!missing.empty()) {
      std::string got;
      for (const Array& array : arrays_) got += (got.empty() ? "" : ", ") + array.name;
      throw ConfigError("init: expected arrays named like the arguments of forward() of " + model_->path() + ": " +
                        wanted + "; got " + got + " (missing: " + missing + ")");
    }
    if (inputs.empty()) {
      throw ConfigError("init: expected at least one array for the model in " + data_path_.string());
    }
    return inputs;
  }

  Dataset dataset_of(const std::vector<const Array*>& inputs) const {
    DatasetOptions options{.path = data_path_, .inputs = {}, .content = DatasetContent::kInputsOnly};
    for (const Array* input : inputs) options.inputs.push_back(input->name);
    options.source = raw_options_.source;
    return Dataset(options);
  }

  GuessedTask guess_model(const TriedRows& tried, Json& model) {
    at::Tensor answers;
    std::optional<OutputSelector> selector;
    if (!tried.outputs.empty()) {
      const ModelOutput output = choose_output(tried.outputs, options_.text("output"), model_->path());
      answers = output.tensor;
      selector = output.selector;
    } else {
      guesses_.push_back({"model", "it fails on a few rows: " + tried.failure});
      if (const std::optional<std::string> output = options_.text("output")) selector = *output;
    }
    const TreeEnsemble* const trees = model_->trees();
    if (trees != nullptr && options_.text("kind")) {
      throw ConfigError(option("kind") + ": expected none, as the objective of " + model_->path() +
                        " says what its trees give, got '" + *options_.text("kind") + "'");
    }
    GuessedTask task = trees != nullptr ? guess_tree_task(*trees, answers, label_)
                                        : guess_task(answers, label_, options_.text("kind"));
    model["kind"] = task.kind;
    guesses_.push_back({"model.kind", task.kind + ": " + task.reason});
    if (selector) {
      if (const auto* index = std::get_if<std::size_t>(&*selector)) model["output"] = *index;
      if (const auto* key = std::get_if<std::string>(&*selector)) model["output"] = *key;
      guesses_.push_back({"model.output", selector_text(*selector) + parts_text(tried.outputs)});
    }
    if (tried.fixed_row_count) {
      model["rows_per_call"] = *tried.fixed_row_count;
      guesses_.push_back({"model.rows_per_call", "the number of rows that it was traced for"});
    }
    if (task.metric) guesses_.push_back({"metric", *task.metric});
    return task;
  }

  static std::string parts_text(const std::vector<ModelOutput>& outputs) {
    std::string list;
    for (const ModelOutput& output : outputs) {
      list += (list.empty() ? " of " : ", ") + selector_text(*output.selector) + " " + describe(output.tensor);
    }
    return list;
  }

  void guess_data(Json& document) {
    Json& data = document["data"] = {{"path", relative_to(data_path_, folder_)}};
    const auto take = [&](const char* key, const Array* array) {
      if (array == nullptr) return;
      data[key] = array->name;
      guesses_.push_back({std::string("data.") + key, "'" + array->name + "' " + describe(*array)});
    };
    take("label", label_);
    if (label_ == nullptr) guesses_.push_back({"data.label", "none found; " + option("label") + " names one"});
    take("id", id_);
    take("group", group_);
  }

  const OptionValues& options_;
  std::filesystem::path model_path_;
  std::filesystem::path data_path_;
  std::filesystem::path folder_;
  std::unique_ptr<Model> model_;
  std::vector<Array> arrays_;
  /// Of a manifest only.
  std::optional<GuessedRaw> raw_;
  DatasetOptions raw_options_;
  /// Arguments of forward() without a default.
  std::set<std::string> required_;
  const Array* label_ = nullptr;
  const Array* id_ = nullptr;
  const Array* group_ = nullptr;
  std::vector<Guess> guesses_;
  std::vector<std::string> warnings_;
};

/// The text of a modattr.json for a model and a data file; paths in it are relative to the folder of the file.
CommandResult run_init(const CommandRequest& request, const RunContext& context) {
  return Starter(request, context).result();
}

}  // namespace

MODATTR_COMMAND(init, run_init)

}  // namespace modattr
