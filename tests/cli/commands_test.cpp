// inspect, engines, completion, help: what a new user meets first.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "question_set.h"

namespace modattr {
namespace {

TEST(Inspect, RefusesARemovalThatTheModelDoesNotTake) {
  Project project("logits", {"a"});
  project.add_modality("text", {"ids"})
      .model("def forward(self, a, ids):\n  return a + torch.one_hot(ids, 4).float().sum(1)[:, :2]")
      .data({table("a", {1, 2, 3, -4, 5, 6}), TestArray::of<std::int64_t>("ids", {3, 2}, {1, 2, 3, 0, 1, 1}),
             TestArray::of<std::int64_t>("label", {3}, {0, 1, 1})});
  project.config()["modalities"][1]["removal"] = {{"type", "token"}, {"id", 4}};
  expect_one_line(project.run({"inspect"}), 2, {"modalities[1].removal.id: expected one that the model takes, got 4"});
  project.config()["modalities"][1]["removal"] = {{"type", "blur"}};
  expect_one_line(project.run({"inspect"}), 2, {"modality 'text': removal 'blur': expected images"});
}

TEST(Inspect, ShowsModelDataModalitiesAndCosts) {
  Project project("logits", {"image"});
  project.add_modality("text", {"input_ids", "attention_mask"}).model(kQuestionModel).data(question_data());
  const ProgramResult text = project.run({"inspect"});
  EXPECT_EQ(text.exit_code, 0) << text.errors;
  for (const char* phrase : {"model.pt", "forward(image: Tensor, input_ids: Tensor, attention_mask: Tensor)", "val.npz",
                             "uint8[4, 3, 2, 2]", "int64[4, 2]", "accuracy", "permute --repeats 10"}) {
    EXPECT_NE(text.output.find(phrase), std::string::npos) << phrase << " in\n" << text.output;
  }
  const ProgramResult json = project.run({"inspect", "--format", "json"});
  const Json document = Json::parse(json.output, nullptr, false);
  ASSERT_TRUE(document.is_object()) << json.output;
  EXPECT_EQ(document.at("arrays").size(), 5U);
  EXPECT_EQ(document.at("modalities").at(1).at("inputs"), Json({"input_ids", "attention_mask"}));
  // Four pictures and one question: there are no more mixes than that.
  EXPECT_EQ(document.at("cost").at(0).at("evaluations"), 4);
  EXPECT_TRUE(document.at("cost").at(0).at("about_seconds").is_number());
  EXPECT_EQ(document.at("model").at("parameters"), 0);
  EXPECT_EQ(document.at("data").at("examples"), 4);
  EXPECT_EQ(document.at("baseline").at("metric"), "accuracy");
  EXPECT_TRUE(document.at("baseline").at("score").is_number());
  EXPECT_TRUE(document.at("baseline").at("rows_per_second").is_number());
  EXPECT_EQ(document.at("cost").at(1).at("engine"), "permute --exact");
  expect_one_line(project.run({"inspect", "--format", "csv"}), 2, {"--format: expected table or json, got 'csv'"});
  const std::string help = project.run({"inspect", "--help"}).output;
  EXPECT_NE(help.find("table (default) or json"), std::string::npos) << help;
}

TEST(Inspect, ShowsAllElseWhereOutputsAreNotFinite) {
  Project project("logits", {"a", "b"});
  project.model("def forward(self, a, b):\n  return torch.log(a + b)")
      .data({TestArray::of<float>("a", {3, 2}, {1, 2, -9, 4, 5, 6}),
             TestArray::of<float>("b", {3, 2}, {1, 1, 1, 1, 1, 1}),
             TestArray::of<std::int64_t>("label", {3}, {0, 1, 1})});
  const ProgramResult text = project.run({"inspect"});
  EXPECT_EQ(text.exit_code, 0) << text.errors;
  for (const char* phrase :
       {"float32[3, 2]", "not defined: model.pt: output for example 1: expected finite numbers, got nan",
        "permute --repeats 10"}) {
    EXPECT_NE(text.output.find(phrase), std::string::npos) << phrase << " in\n" << text.output;
  }
  EXPECT_EQ(Json::parse(project.run({"inspect", "--format", "json"}).output).at("baseline").at("score"), nullptr);
  for (const char* const command : {"permute", "shap", "lime"}) {
    expect_one_line(
        project.run({command}), 3,
        {"output for example 1: expected finite numbers, got nan; --skip-invalid leaves such examples out"});
  }
}

TEST(Engines, AreListedWithTheirPromises) {
  const ProgramResult result = run_program({.arguments = {"engines"}});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* phrase :
       {"permute: ", "shap: ", "lime: ", "promises", "null player", "Breiman 2001", "efficiency", "Shapley 1953"}) {
    EXPECT_NE(result.output.find(phrase), std::string::npos) << phrase;
  }
}

TEST(Help, OfEveryCommandHasAnExample) {
  EXPECT_TRUE(run_program({.arguments = {"--version"}}).output.starts_with("modattr 0."));
  const ProgramResult help = run_program({.arguments = {"--help"}});
  EXPECT_NE(help.output.find("Exit codes: 0 done"), std::string::npos);
  for (const std::string command :
       {"permute", "shap", "lime", "inspect", "init", "check", "engines", "completion", "help"}) {
    EXPECT_NE(help.output.find("  " + command), std::string::npos) << command;
    const ProgramResult result = run_program({.arguments = {command, "--help"}});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.errors, "");
    EXPECT_NE(result.output.find("Example"), std::string::npos) << command;
    EXPECT_NE(result.output.find("modattr " + command), std::string::npos) << command;
  }
}

TEST(Help, SaysWhatBecomesOfABatchSizeThatIsNoMultiple) {
  const std::string text = run_program({.arguments = {"permute", "--help"}}).output;
  EXPECT_NE(text.find("rounded down to a multiple of model.rows_per_call"), std::string::npos) << text;
}

TEST(Help, OfACommandIsAlsoACommand) {
  const auto output = [](const std::vector<std::string>& arguments) {
    const ProgramResult result = run_program({.arguments = arguments});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.output;
  };
  EXPECT_EQ(output({"help"}), output({"--help"}));
  for (const char* const command : {"shap", "completion", "help"}) {
    EXPECT_EQ(output({"help", command}), output({command, "--help"}));
  }
  expect_one_line(run_program({.arguments = {"help", "shape"}}), 2,
                  {"help: unknown command 'shape'; did you mean 'shap'?"});
}

TEST(Help, AWrongCommandNamesTheNearest) {
  expect_one_line(run_program({.arguments = {"permut"}}), 2, {"unknown command 'permut'; did you mean 'permute'?"});
  expect_one_line(run_program({.arguments = {"--verison"}}), 2, {"unknown option '--verison'", "'--version'?"});
  expect_one_line(run_program({.arguments = {}}), 2, {"expected a command"});
}

TEST(Completion, OfBashKnowsCommandsOptionsAndWords) {
  const TemporaryFolder folder;
  const ProgramResult script = run_program({.arguments = {"completion"}});
  write_file(folder / "modattr.bash", script.output);
  const auto bash = [&](const std::vector<std::string>& arguments) {
    return run_process("/bin/bash", {.arguments = arguments, .folder = folder.path()});
  };
  const ProgramResult check = bash({"-n", "modattr.bash"});
  EXPECT_EQ(check.exit_code, 0) << check.errors;
  const auto completed = [&](const std::string& words, int place) {
    return bash({"-c", "source ./modattr.bash; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(place) +
                           "; _modattr; echo \"${COMPREPLY[@]}\""})
        .output;
  };
  EXPECT_EQ(completed("modattr per", 1), "permute\n");
  EXPECT_EQ(completed("modattr sha", 1), "shap\n");
  EXPECT_EQ(completed("modattr permute --repe", 2), "--repeats\n");
  EXPECT_EQ(completed("modattr shap --backg", 2), "--background\n");
  EXPECT_EQ(completed("modattr shap --value log_", 3), "log_probability\n");
  EXPECT_EQ(completed("modattr shap --target lab", 3), "label\n");
  EXPECT_EQ(completed("modattr permute --format js", 3), "json\n");
  EXPECT_EQ(completed("modattr permute --metric macro_f", 3), "macro_f1\n");
  EXPECT_EQ(completed("modattr permute --config mod", 3), "modattr.bash\n");
  EXPECT_EQ(completed("modattr lime --surrogate l", 3), "lasso\n");
  EXPECT_EQ(completed("modattr shap --level f", 3), "feature\n");
  EXPECT_EQ(completed("modattr shap --method lev", 3), "leverage\n");
}

TEST(Completion, IsForThreeShells) {
  EXPECT_EQ(run_program({.arguments = {"completion", "bash"}}).output,
            run_program({.arguments = {"completion"}}).output);
  const std::string zsh = run_program({.arguments = {"completion", "zsh"}}).output;
  EXPECT_NE(zsh.find("\nbashcompinit\n_modattr_config() {\n"), std::string::npos) << zsh;
  const std::string fish = run_program({.arguments = {"completion", "fish"}}).output;
  for (const char* const line :
       {"complete -c modattr -n __fish_use_subcommand -a shap -d '",
        "complete -c modattr -n '__fish_seen_subcommand_from lime' -l surrogate -x -a 'ridge lasso tree' -d '",
        "complete -c modattr -n '__fish_seen_subcommand_from permute' -l config -r -F -d '",
        "complete -c modattr -n '__fish_seen_subcommand_from permute' -l exact -d '",
        "complete -c modattr -n '__fish_seen_subcommand_from permute' -s m -l modality -x -a '(__modattr_modalities)' "
        "-d '"}) {
    EXPECT_NE(fish.find(line), std::string::npos) << line << " in\n" << fish;
  }
  expect_one_line(run_program({.arguments = {"completion", "csh"}}), 2,
                  {"completion: SHELL: expected bash, zsh or fish, got 'csh'"});
}

TEST(Configuration, IsFoundInTheFolderAboveAndInTheEnvironment) {
  Project project("logits", {"a"});
  project.model("def forward(self, a):\n  return a")
      .data(
          {TestArray::of<float>("a", {4, 1}, {-1, 2, -3, 4}), TestArray::of<std::int64_t>("label", {4}, {0, 1, 0, 1})});
  const std::vector<std::string> arguments = {"permute", "--format", "json"};
  const std::string rows = project.permute().row_text();
  std::filesystem::create_directories(project.path("deep/down"));
  const ProgramResult below = run_program({.arguments = arguments, .folder = project.path("deep/down")});
  EXPECT_EQ(Scores(below).row_text(), rows);
  const std::string path = std::filesystem::canonical(project.path("modattr.json")).string();
  EXPECT_EQ(below.errors, "modattr: configuration " + path + "\n");
  EXPECT_EQ(project.run(arguments).errors, "") << "in the working folder";
  EXPECT_EQ(project.run({"permute", "--config", path, "--format", "json"}).errors, "") << "named";
  const TemporaryFolder elsewhere;
  EXPECT_EQ(Scores(run_program({.arguments = arguments,
                                .folder = elsewhere.path(),
                                .environment = {{"MODATTR_CONFIG", project.path("modattr.json").string()}}}))
                .row_text(),
            rows);
}

}  // namespace
}  // namespace modattr
