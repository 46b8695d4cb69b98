#include "modattr/check/rule_subject.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

constexpr std::string_view kIn = " in ";
constexpr std::string_view kMetricWord = "metric";
constexpr std::string_view kPlayersWord = "players";
constexpr std::string_view kGroupsWord = "groups";

void add_word(Words& words, const std::string& word) {
  if (std::ranges::find(words, word) == words.end()) words.push_back(word);
}

/// Rows by what they are of; of several the first.
class RowIndex {
 public:
  explicit RowIndex(const ScoreTable& table) {
    for (const Score& row : table.rows) rows_.emplace(key_of(row), &row);
  }

  /// nullptr where there is none.
  const Score* find(const Score& row) const {
    const auto found = rows_.find(key_of(row));
    return found == rows_.end() ? nullptr : found->second;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::optional<std::string>>;
  static Key key_of(const Score& row) { return {row.run, row.modality, row.definition, row.group}; }

  std::map<Key, const Score*> rows_;
};

/// Columns whose values rows are broken down by: data.group, and `by` of an engine.
struct GroupColumns {
  std::optional<std::string> of_data;
  Words of_options;
};

GroupColumns group_columns(const ScoreTable& table) {
  GroupColumns columns;
  const Json config = Json::parse(table.config.empty() ? "{}" : table.config, nullptr, false);
  const auto text_at = [](const Json& object, std::string_view key) -> std::optional<std::string> {
    if (!object.is_object()) return std::nullopt;
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
  };
  if (!config.is_object()) return columns;
  if (config.contains("data")) columns.of_data = text_at(config["data"], "group");
  const auto add_options = [&](const Json& options) {
    if (const std::optional<std::string> by = text_at(options, "by")) add_word(columns.of_options, *by);
  };
  if (config.contains(table.command)) add_options(config[table.command]);
  if (table.command == "run" && config.contains("runs") && config["runs"].is_object()) {
    for (const Json& options : config["runs"]) add_options(options);
  }
  return columns;
}

/// Everything that a rule can be about.
class Vocabulary {
 public:
  Vocabulary(const Rule& rule, const ResultSet& baseline, const ResultSet& next)
      : rule_(rule), tables_{&baseline.table, &next.table} {
    std::set<std::pair<Part, std::string>> seen;
    for (const ScoreTable* table : tables_) {
      for (const Score& row : table->rows) {
        pairs_.insert({row.modality, row.definition});
        if (seen.insert({kModalityPart, row.modality}).second) modalities_.push_back(row.modality);
        if (seen.insert({kDefinitionPart, row.definition}).second) definitions_.push_back(row.definition);
        if (!row.run.empty() && seen.insert({kRunPart, row.run}).second) runs_.push_back(row.run);
      }
    }
  }

  RuleSubject find() const {
    const std::string_view text = rule_.subject;
    RuleSubject subject;
    std::size_t longest = 0;
    const auto consider = [&](const std::string& words, const RuleSubject& candidate) {
      const bool fits =
          text.starts_with(words) && (text.size() == words.size() || text.substr(words.size()).starts_with(kIn));
      if (!fits || words.size() <= longest) return;
      longest = words.size();
      subject = candidate;
    };
    for (const std::string& definition : definitions_) consider(definition, {.definition = definition});
    for (const auto& [modality, definition] : pairs_) {
      consider(std::string(modality).append(".").append(definition), {.modality = modality, .definition = definition});
    }
    consider(std::string(kMetricWord), {.kind = SubjectKind::kMetric, .definition = {}});
    if (rule_.kind == RuleKind::kNdcg) {
      consider(std::string(kPlayersWord), {.kind = SubjectKind::kPlayers, .definition = {}});
    }
    if (longest == 0) fail_unknown();
    if (longest < text.size()) add_clause(std::string(text.substr(longest + kIn.size())), subject);
    return subject;
  }

 private:
  /// Of a row.
  enum Part : std::uint8_t { kModalityPart, kDefinitionPart, kRunPart };

  [[noreturn]] void fail(const std::string& what) const { throw ConfigError("rule '" + rule_.text + "': " + what); }

  [[noreturn]] void fail_unknown() const {
    const std::string whole = rule_.subject.substr(0, rule_.subject.find(kIn));
    // The first word may be misspelt: "chnage of share.abs".
    const std::size_t of = whole.find(" of ");
    if (of != std::string::npos) {
      const Words heads = {"change", "drop", "order", "ndcg"};
      const std::string nearest = nearest_word(whole.substr(0, of), heads);
      if (!nearest.empty()) fail("unknown '" + whole.substr(0, of) + "'; did you mean '" + nearest + "'?");
    }
    for (const std::string& definition : definitions_) {
      const bool is_behind = whole.size() > definition.size() + 1 && whole.ends_with("." + definition);
      if (!is_behind) continue;
      const std::string name = whole.substr(0, whole.size() - definition.size() - 1);
      const bool has_name = std::ranges::find(modalities_, name) != modalities_.end();
      if (has_name) {
        fail(std::string("expected a definition of modality '").append(name).append("', got '").append(definition) +
             "'" + suggestion("", of_modality(name)));
      }
      fail("expected a modality of the results, got '" + name + "'" + suggestion(name, modalities_));
    }
    std::string longest;
    for (const std::string& modality : modalities_) {
      if (modality.size() > longest.size() && whole.starts_with(modality + ".")) longest = modality;
    }
    if (!longest.empty()) {
      const std::string rest = whole.substr(longest.size() + 1);
      fail("expected a definition of the results, got '" + rest + "'" + suggestion(rest, of_modality(longest)));
    }
    Words known = definitions_;
    known.emplace_back(kMetricWord);
    if (rule_.kind == RuleKind::kNdcg) known.emplace_back(kPlayersWord);
    fail("expected a definition of the results, got '" + whole + "'" + suggestion(whole, known));
  }

  Words of_modality(const std::string& name) const {
    Words words;
    for (const std::string& definition : definitions_) {
      if (pairs_.contains({name, definition})) words.push_back(definition);
    }
    return words;
  }

  /// What stands behind " in ".
  void add_clause(const std::string& clause, RuleSubject& subject) const {
    const std::size_t equals = clause.find('=');
    if (clause == kGroupsWord) {
      if (subject.kind != SubjectKind::kRows || rule_.kind == RuleKind::kOrder || rule_.kind == RuleKind::kNdcg) {
        fail("expected a change or a bound of rows, which groups have, got another rule");
      }
      subject.is_every_group = true;
      return;
    }
    if (equals == std::string::npos) {
      if (std::ranges::find(runs_, clause) == runs_.end()) {
        fail(runs_.empty() ? "expected COLUMN=VALUE behind 'in', got '" + clause + "'"
                           : "expected COLUMN=VALUE or a run of the results behind 'in', got '" + clause + "'" +
                                 suggestion(clause, runs_));
      }
      subject.run = clause;
      return;
    }
    if (subject.kind != SubjectKind::kRows) {
      fail("expected " + std::string(subject.kind == SubjectKind::kMetric ? kMetricWord : kPlayersWord) +
           " of all examples, got a group; results hold none by groups");
    }
    const std::string column = clause.substr(0, equals);
    const std::string value = clause.substr(equals + 1);
    const GroupColumns columns = group_columns(*tables_[1]);
    Words known = columns.of_options;
    if (columns.of_data) add_word(known, *columns.of_data);
    if (std::ranges::find(known, column) == known.end()) {
      fail("expected a column that the results are broken down by, got '" + column + "'" +
           (known.empty() ? "; set data.group or the engine's option by" : suggestion(column, known)));
    }
    Words values;
    const std::string value_of_option = column + " " + value;
    for (const ScoreTable* table : tables_) {
      for (const Score& row : table->rows) {
        if (!row.group || row.definition != subject.definition) continue;
        if (columns.of_data == column) add_word(values, *row.group);
        if (row.group->starts_with(column + " ")) add_word(values, row.group->substr(column.size() + 1));
        const bool is_meant = (columns.of_data == column && *row.group == value) || *row.group == value_of_option;
        if (is_meant) subject.group = row.group;
      }
    }
    if (!subject.group) fail("expected a group of '" + column + "', got '" + value + "'" + suggestion(value, values));
  }

  const Rule& rule_;
  const ScoreTable* tables_[2];
  std::set<std::pair<std::string, std::string>> pairs_;
  Words modalities_;
  Words definitions_;
  Words runs_;
};

}  // namespace

RuleSubject find_subject(const Rule& rule, const ResultSet& baseline, const ResultSet& next) {
  return Vocabulary(rule, baseline, next).find();
}

std::vector<RowPair> rows_of(const RuleSubject& subject, const Rule& rule, const ResultSet& baseline,
                             const ResultSet& next) {
  const auto is_meant = [&](const Score& row) {
    const bool is_in_group = subject.is_every_group ? row.group.has_value() : row.group == subject.group;
    return row.definition == subject.definition && is_in_group &&
           (!subject.modality || row.modality == *subject.modality) && (!subject.run || row.run == *subject.run);
  };
  const auto fail_missing = [&](const Score& row, const ResultSet& where) {
    throw ConfigError("rule '" + rule.text + "': expected " + row.definition + " of " + row.modality +
                      " in both results, got none in " + where.name);
  };
  const RowIndex old_rows(baseline.table);
  const RowIndex new_rows(next.table);
  std::vector<RowPair> rows;
  for (const Score& row : next.table.rows) {
    if (!is_meant(row)) continue;
    const Score* old_row = old_rows.find(row);
    if (old_row == nullptr && rule.kind != RuleKind::kBound) fail_missing(row, baseline);
    // A group may be too small to have the number.
    if (subject.is_every_group && !row.value && (old_row == nullptr || !old_row->value)) continue;
    rows.push_back({old_row, &row});
  }
  for (const Score& row : baseline.table.rows) {
    if (is_meant(row) && new_rows.find(row) == nullptr) fail_missing(row, next);
  }
  if (rows.empty()) {
    throw ConfigError("rule '" + rule.text + "': expected " + subject.definition +
                      (subject.is_every_group ? " of groups" : "") + " in " + next.name + ", got none" +
                      (subject.run ? " in run '" + *subject.run + "'" : ""));
  }
  return rows;
}

std::string subject_of(const Score& row, const ScoreTable& table) {
  const bool is_of_all = row.modality == "all";
  const bool has_namesake = std::ranges::any_of(table.rows, [&](const Score& other) {
    return other.definition == row.definition && other.modality == row.modality && other.run != row.run;
  });
  return (is_of_all ? "" : row.modality + ".") + row.definition + (has_namesake ? " in " + row.run : "") +
         (row.group ? " in " + *row.group : "");
}

std::string engine_of(const ScoreTable& table, const std::string& run) {
  if (run.empty()) return table.command;
  const std::size_t hyphen = run.rfind('-');
  const bool is_numbered =
      hyphen != std::string::npos && hyphen + 1 < run.size() &&
      std::ranges::all_of(run.substr(hyphen + 1), [](unsigned char letter) { return std::isdigit(letter) != 0; });
  return is_numbered ? run.substr(0, hyphen) : run;
}

}  // namespace modattr
