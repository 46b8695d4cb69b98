// The examples: what the page's script shows one by one.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>

#include <nlohmann/json.hpp>

#include "modattr/report/number_format.h"
#include "modattr/report/text.h"
#include "page_parts.h"
#include "region_maps.h"
#include "report/figures/svg.h"
#include "report/formats/json_text.h"
#include "trace_sentences.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPairs = 24;
constexpr const char* kWholeSet = "the whole set";

/// About five digits: a page is for looking.
Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0.0) return 0;
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::general, 5).ptr;
  double shown = 0.0;
  std::from_chars(text.begin(), end, shown);
  return shown;
}

Json rounded(const std::optional<double>& value) {
  return value ? rounded(*value) : Json(nullptr);
}

/// Many numbers as whole multiples of a power of ten: its exponent, then the multiples, below 10,000. null where
/// nothing is known.
Json packed(std::span<const double> values) {
  double largest = 0.0;
  bool is_known = false;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    is_known = true;
    largest = std::max(largest, std::abs(value));
  }
  if (!is_known) return nullptr;
  const int exponent = largest > 0.0 ? static_cast<int>(std::ceil(std::log10(largest))) - 4 : 0;
  Json numbers = Json::array({exponent});
  const double unit = std::pow(10.0, exponent);
  for (const double value : values) {
    numbers.push_back(std::isfinite(value) ? Json(static_cast<std::int64_t>(std::llround(value / unit)))
                                           : Json(nullptr));
  }
  return numbers;
}

std::string clean(std::string_view text) {
  return sanitize_for_terminal(text);
}

/// "circle", or the number where it has no name.
Json class_text(const std::optional<std::string>& name, const std::optional<double>& number) {
  if (name) return clean(*name);
  return number && std::isfinite(*number) ? Json(rounded(*number).dump()) : Json(nullptr);
}

/// Adds a name to a list, where an integer n stands for the names "0" to "n - 1", which superpixels have.
void add_name(std::string name, Json& names) {
  const bool continues = !names.empty() && names.back().is_number();
  const std::size_t next = continues ? names.back().get<std::size_t>() : 0;
  if (name != std::to_string(next)) {
    names.push_back(std::move(name));
  } else if (continues) {
    names.back() = next + 1;
  } else {
    names.push_back(1);
  }
}

/// Adds a number to a list of numbers, each followed by how often it stands there.
void add_counted(std::size_t number, Json& counted_numbers) {
  const std::size_t size = counted_numbers.size();
  if (size > 0 && counted_numbers[size - 2] == number) {
    counted_numbers[size - 1] = counted_numbers[size - 1].get<std::size_t>() + 1;
  } else {
    counted_numbers.push_back(number);
    counted_numbers.push_back(1);
  }
}

/// Lists of players, each once: most examples have the same patches.
class PlayerLists {
 public:
  std::size_t place_of(std::span<const PlayerScore> players) {
    Json list = {{"m", Json::array()}, {"n", Json::array()}};
    Json places = Json::array();
    Json times = Json::array();
    bool has_places = false;
    bool has_times = false;
    for (const PlayerScore& player : players) {
      add_counted(player.modality, list["m"]);
      add_name(clean(player.label), list["n"]);
      has_places = has_places || player.patch.has_value();
      places.push_back(player.patch ? Json::array({player.patch->row, player.patch->column, player.patch->height,
                                                   player.patch->width})
                                    : Json(nullptr));
      has_times = has_times || player.time.has_value();
      times.push_back(player.time ? Json::array({rounded(player.time->start), rounded(player.time->end)})
                                  : Json(nullptr));
    }
    if (has_places) list["p"] = std::move(places);
    if (has_times) list["t"] = std::move(times);
    const auto [entry, added] = known_.try_emplace(to_line(list), lists_.size());
    if (added) lists_.push_back(std::move(list));
    return entry->second;
  }

  const Json& lists() const noexcept { return lists_; }

 private:
  Json lists_ = Json::array();
  std::map<std::string, std::size_t> known_;
};

Json surrogate_of(const SurrogateReport& surrogate) {
  Json document = {{"kind", surrogate.kind},
                   {"intercept", rounded(surrogate.intercept)},
                   {"local", rounded(surrogate.local_prediction)},
                   {"r2", rounded(surrogate.r2)},
                   {"stability", rounded(surrogate.stability)},
                   {"heldOut", surrogate.held_out_count ? Json(*surrogate.held_out_count) : Json(nullptr)}};
  for (const PairScore& pair : surrogate.pairs) {
    document["pairs"].push_back({clean(pair.first.label), clean(pair.second.label), rounded(pair.value)});
  }
  for (const SurrogateRule& rule : surrogate.rules) {
    document["rules"].push_back({clean(rule.condition), rounded(rule.value), rounded(rule.weight_share)});
  }
  return document;
}

/// The strongest pairs of players, as indices into the list of players.
Json pairs_of(const PlayerInteractions& interactions) {
  std::vector<PlayerInteraction> pairs = interactions.pairs;
  const auto stronger = [](const PlayerInteraction& one, const PlayerInteraction& other) {
    return std::abs(one.value) > std::abs(other.value);
  };
  const std::size_t shown = std::min(pairs.size(), kMostPairs);
  std::ranges::partial_sort(pairs, pairs.begin() + static_cast<std::ptrdiff_t>(shown), stronger);
  Json list = Json::array();
  for (std::size_t place = 0; place < shown; ++place) {
    list.push_back(
        {pairs[place].first, pairs[place].second, rounded(pairs[place].value), rounded(pairs[place].std_error)});
  }
  return {{"definition", interactions.definition}, {"list", std::move(list)}};
}

Json part_of(const ExampleRecord& record, PlayerLists& lists, RegionMaps& regions) {
  const ExampleAttribution& attribution = record.attribution;
  Json part = {{"f", rounded(attribution.value_full)}, {"e", rounded(attribution.value_empty)}};
  const Json target =
      class_text(record.target_name, record.target ? std::optional(static_cast<double>(*record.target)) : std::nullopt);
  if (!target.is_null()) part["tg"] = target;
  part["how"] = attribution.method;
  if (attribution.evaluation_count > 0) part["n"] = attribution.evaluation_count;
  part["m"] = Json::array();
  for (const double value : attribution.modalities) part["m"].push_back(rounded(value));
  if (!attribution.interactions.empty()) {
    part["x"] = Json::array();
    for (const double value : attribution.interactions) part["x"].push_back(rounded(value));
  }
  if (!attribution.players.empty()) {
    std::vector<double> values;
    std::vector<double> errors;
    bool has_intervals = false;
    for (const PlayerScore& player : attribution.players) {
      values.push_back(player.value);
      errors.push_back(player.std_error.value_or(std::nan("")));
      has_intervals = has_intervals || player.ci95.has_value();
    }
    part["L"] = lists.place_of(attribution.players);
    Json maps = regions.places_of(attribution.players);
    if (!maps.empty()) part["R"] = std::move(maps);
    part["v"] = packed(values);
    part["s"] = packed(errors);
    if (has_intervals) {
      std::vector<double> ends;
      for (const PlayerScore& player : attribution.players) {
        ends.push_back(player.ci95 ? player.ci95->low : std::nan(""));
        ends.push_back(player.ci95 ? player.ci95->high : std::nan(""));
      }
      part["ci"] = packed(ends);
    }
  }
  if (attribution.player_interactions) part["pp"] = pairs_of(*attribution.player_interactions);
  if (attribution.surrogate) part["lime"] = surrogate_of(*attribution.surrogate);
  return part;
}

Json trace_part(const TraceSentences& sentences) {
  Json part = {{"verdict", clean(sentences.verdict)}, {"confidence", rounded(sentences.confidence)}};
  part["evidence"] = Json::array();
  for (const std::string& sentence : sentences.evidence) part["evidence"].push_back(clean(sentence));
  part["parts"] = Json::array();
  for (const auto& [name, value] : sentences.probabilities) part["parts"].push_back({clean(name), rounded(value)});
  return part;
}

/// The examples in the order in which the results name them, each with its parts by run.
class ExampleList {
 public:
  ExampleList(const ReportPage& page, const PageFacts& facts) : page_(page), regions_(page.table.examples) {
    for (std::size_t place = 0; place < facts.runs.size(); ++place) run_places_[facts.runs[place].name] = place;
  }

  void add(const ExampleRecord& record, bool is_traced) {
    Json& example = example_of(record);
    Json part;
    if (is_traced) {
      const TraceSentences sentences = trace_sentences(record.attribution.details);
      if (sentences.is_right) example["r"] = *sentences.is_right;
      part = trace_part(sentences);
    } else {
      part = part_of(record, lists_, regions_);
    }
    const auto run = run_places_.find(record.run);
    part["run"] = run == run_places_.end() ? 0 : run->second;
    example["parts"].push_back(std::move(part));
  }

  Json take_examples() { return std::move(examples_); }
  const Json& player_lists() const noexcept { return lists_.lists(); }
  const Json& region_maps() const noexcept { return regions_.maps(); }

 private:
  Json& example_of(const ExampleRecord& record) {
    const std::string id = record.id.value_or(kWholeSet);
    const auto [entry, added] = places_.try_emplace({id, !record.id}, examples_.size());
    if (added) {
      examples_.push_back({{"id", clean(id)}, {"parts", Json::array()}});
      add_data(id, examples_.back());
    }
    Json& example = examples_[entry->second];
    const auto add_once = [&](const char* key, Json value) {
      if (!value.is_null() && !example.contains(key)) example[key] = std::move(value);
    };
    add_once("l", class_text(record.label_name, record.label));
    if (record.group) add_once("g", clean(*record.group));
    const std::optional<double> predicted =
        record.predicted ? std::optional(static_cast<double>(*record.predicted)) : std::nullopt;
    add_once("p", class_text(record.predicted_name, predicted));
    if (predicted && record.label) add_once("r", *predicted == *record.label);
    if (!record.texts.empty() && !example.contains("t")) {
      for (const ExampleText& text : record.texts) example["t"].push_back({text.modality, clean(text.text)});
    }
    return example;
  }

  void add_data(const std::string& id, Json& example) const {
    const auto found = page_.data.examples.find(id);
    if (found == page_.data.examples.end()) return;
    if (found->second.group) example["g"] = clean(*found->second.group);
    for (const PageExample::Shown& shown : found->second.pictures) {
      example["pic"].push_back({shown.modality, shown.picture});
    }
    for (const PageExample::Numbers& numbers : found->second.columns) {
      example["col"].push_back({numbers.modality, packed(numbers.values)});
    }
  }

  const ReportPage& page_;
  std::map<std::string, std::size_t> run_places_;
  std::map<std::pair<std::string, bool>, std::size_t> places_;
  Json examples_ = Json::array();
  PlayerLists lists_;
  RegionMaps regions_;
};

/// JSON that can stand in a script element: nothing in it begins or ends one, or a comment.
std::string inside_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char letter : json) {
    if (letter == '<') {
      text += "\\u003c";
    } else if (letter == '>') {
      text += "\\u003e";
    } else if (letter == '&') {
      text += "\\u0026";
    } else {
      text += letter;
    }
  }
  return escape_invisible(text);
}

}  // namespace

std::string examples_json(const ReportPage& page, const PageFacts& facts) {
  ExampleList list(page, facts);
  for (const ExampleRecord& record : page.table.examples) list.add(record, false);
  for (const ExampleRecord& record : page.traced) list.add(record, true);
  Json document = {{"modalities", Json::array()}, {"runs", Json::array()}, {"groupColumn", page.data.group_column}};
  for (std::size_t place = 0; place < page.table.modalities.size(); ++place) {
    document["modalities"].push_back(
        {{"name", clean(page.table.modalities[place])}, {"kind", clean(facts.kinds[place])}});
  }
  for (const PageRun& run : facts.runs) {
    document["runs"].push_back(
        {{"name", clean(shown_name(run, page))}, {"engine", clean(run.engine)}, {"explains", clean(run.explains)}});
  }
  document["pictures"] = Json::array();
  for (const PagePicture& picture : page.data.pictures) {
    document["pictures"].push_back(
        {{"w", picture.width}, {"h", picture.height}, {"sound", picture.is_sound}, {"file", base64(picture.file)}});
  }
  document["players"] = list.player_lists();
  document["regions"] = list.region_maps();
  document["examples"] = list.take_examples();
  return inside_script(to_line(document));
}

std::string examples_section(const ReportPage& page) {
  if (page.table.examples.empty() && page.traced.empty()) return "";
  return R"(<section id="examples"><h2>Examples</h2>
<noscript><p>The examples are shown by a script, which this browser does not run. Everything above and below needs none.</p></noscript>
<div id="explorer" hidden>
<form id="filters" aria-label="Filter the examples">
<label>Search <input type="search" id="search" placeholder="id or words" autocomplete="off"></label>
<label>Answers <select id="by-answer"><option value="">all</option><option value="wrong">wrong</option><option value="right">right</option></select></label>
<label>Culprit <select id="by-culprit"></select></label>
<label>Group <select id="by-group"></select></label>
<label>Label <select id="by-label"></select></label>
<label>Order <select id="order"></select></label>
</form>
<p id="count" role="status"></p>
<div id="browser">
<div id="list" role="listbox" aria-label="Examples" tabindex="0"></div>
<article id="example" aria-live="polite" aria-label="The chosen example"></article>
</div>
</div>
</section>
)";
}

}  // namespace modattr
