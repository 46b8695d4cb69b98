#include "modattr/engines/trace/normal_data.h"

#include <algorithm>
#include <array>
#include <utility>

namespace modattr {
namespace {

/// 1/2 + 1/2 mean of Bayes factors; half of the prior stays with faults that look normal. 1 where nothing is known.
double typicality_factor(std::span<const std::optional<double>> p_values) {
  double sum = 0.0;
  std::size_t count = 0;
  for (const std::optional<double>& p_value : p_values) {
    if (!p_value) continue;
    sum += bayes_factor(*p_value);
    ++count;
  }
  return count == 0 ? 1.0 : 0.5 + 0.5 * sum / static_cast<double>(count);
}

}  // namespace

NormalData::NormalData(CaseGame& game, const ReferenceSet& reference, std::size_t modality,
                       std::span<const std::uint32_t> donors)
    : game_(game), reference_(reference), modality_(modality), entry_of_(game.example_count()) {
  choose_entries();
  const std::size_t threads = game.thread_count();
  const std::vector<std::vector<std::uint32_t>> entry_labels = labels();
  const std::vector<std::vector<std::size_t>> left_out = entries_with_sources();
  const auto neighbours = [&](FloatRows rows, Neighbours::Scale scale) {
    return rows.width == 0 ? nullptr
                           : std::make_unique<Neighbours>(std::move(rows), scale, entry_labels, left_out, threads);
  };
  data_ = neighbours(game.statistics(modality, entries_), Neighbours::Scale::kByDeviation);
  encoding_ = neighbours(game.encodings(modality, entries_), Neighbours::Scale::kByDeviation);
  if (is_text()) {
    texts_ = std::make_unique<WordPairs>(game.tokens(modality, entries_), entry_labels, left_out, threads);
  }
  if (!donors.empty()) behaviour_ = neighbours(behaviours(donors), Neighbours::Scale::kAsTheyAre);
}

void NormalData::choose_entries() {
  const std::size_t most = is_text() ? kMostTexts : kMostOtherData;
  std::vector<char> is_known(game_.content_count(modality_), 0);
  for (const std::uint32_t example : reference_.right()) {
    if (entries_.size() == most) break;
    char& known = is_known[game_.content(modality_, example)];
    if (!is_text() && known != 0) continue;
    known = 1;
    entry_of_[example] = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back(example);
  }
}

std::vector<std::vector<std::size_t>> NormalData::entries_with_sources() const {
  std::vector<std::vector<std::size_t>> entries(entries_.size());
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    for (const std::uint32_t example : reference_.with_sources_of(std::span(&entries_[entry], 1))) {
      if (entry_of_[example]) entries[entry].push_back(*entry_of_[example]);
    }
    std::ranges::sort(entries[entry]);
    entries[entry].erase(std::unique(entries[entry].begin(), entries[entry].end()), entries[entry].end());
  }
  return entries;
}

std::vector<std::vector<std::uint32_t>> NormalData::labels() const {
  std::vector<std::vector<std::uint32_t>> labels(entries_.size());
  const auto add = [&](std::size_t entry, std::uint32_t example) {
    if (const auto label = game_.judge().label_group(example)) labels[entry].push_back(*label);
  };
  if (is_text()) {
    for (std::size_t entry = 0; entry < entries_.size(); ++entry) add(entry, entries_[entry]);
    return labels;
  }
  // Every right answer to the same data.
  std::vector<std::optional<std::size_t>> entry_of_content(game_.content_count(modality_));
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    entry_of_content[game_.content(modality_, entries_[entry])] = entry;
  }
  for (const std::uint32_t example : reference_.right()) {
    if (const auto& entry = entry_of_content[game_.content(modality_, example)]) add(*entry, example);
  }
  return labels;
}

FloatRows NormalData::behaviours(std::span<const std::uint32_t> donors) {
  const std::size_t width = game_.judge().behaviour_width();
  FloatRows behaviours{.width = donors.size() * width, .values = {}};
  behaviours.values.resize(entries_.size() * behaviours.width);
  std::vector<std::uint32_t> examples;
  std::vector<std::uint32_t> own;
  for (const std::uint32_t entry : entries_) {
    examples.insert(examples.end(), donors.begin(), donors.end());
    own.insert(own.end(), donors.size(), entry);
  }
  std::vector<std::span<const std::uint32_t>> rows(game_.modality_count(), examples);
  rows[modality_] = own;
  game_.answer({.examples = examples, .rows = rows}, [&](std::size_t query, std::span<const double> output) {
    game_.judge().behaviour(output, std::span(behaviours.values).subspan(query * width, width));
  });
  return behaviours;
}

NormalData::Seen NormalData::look_at(std::span<const std::uint32_t> rows) {
  Seen seen;
  if (data_) seen.data = game_.statistics(modality_, rows);
  if (encoding_) seen.encodings = game_.encodings(modality_, rows);
  if (texts_) seen.texts = game_.tokens(modality_, rows);
  return seen;
}

void NormalData::compare(std::span<const Row> rows, std::span<ModalityEvidence* const> evidence) const {
  const auto distances_by = [&](const std::unique_ptr<Neighbours>& neighbours, const auto& numbers_of) {
    std::vector<std::span<const float>> numbers;
    for (const Row& row : rows) {
      if (neighbours) numbers.push_back(numbers_of(row));
    }
    return neighbours ? neighbours->distances(numbers) : std::vector<std::vector<float>>(rows.size());
  };
  std::vector<std::vector<float>> data =
      distances_by(data_, [](const Row& row) { return row.seen.data.row(row.place); });
  std::vector<std::vector<float>> encodings =
      distances_by(encoding_, [](const Row& row) { return row.seen.encodings.row(row.place); });
  std::vector<std::vector<float>> behaviours = distances_by(behaviour_, [](const Row& row) { return row.behaviour; });
  for (std::size_t place = 0; place < rows.size(); ++place) {
    compare(rows[place],
            {.data = std::move(data[place]),
             .encoding = std::move(encodings[place]),
             .behaviour = std::move(behaviours[place])},
            *evidence[place]);
  }
}

void NormalData::compare(const Row& row, Distances distances, ModalityEvidence& evidence) const {
  std::vector<char> is_left_out(entries_.size(), 0);
  std::vector<std::size_t> left_out;
  for (const std::uint32_t example : row.left_out) {
    const std::optional<std::uint32_t>& entry = entry_of_[example];
    if (!entry || is_left_out[*entry] != 0) continue;
    is_left_out[*entry] = 1;
    left_out.push_back(*entry);
  }
  if (data_) evidence.data = data_->p_values(std::move(distances.data), is_left_out, row.label);
  if (texts_) evidence.data = texts_->p_values(row.seen.texts[row.place], left_out, row.label);
  if (encoding_) evidence.encoding = encoding_->p_values(std::move(distances.encoding), is_left_out, row.label);
  if (behaviour_) evidence.behaviour = behaviour_->p_values(std::move(distances.behaviour), is_left_out, row.label);
  const std::array overall = {evidence.data.overall, evidence.encoding.overall, evidence.behaviour.overall};
  const std::array within = {evidence.data.within_label, evidence.encoding.within_label,
                             evidence.behaviour.within_label};
  const double factor = typicality_factor(overall);
  const bool has_label = std::ranges::any_of(within, [](const auto& value) { return value.has_value(); });
  evidence.typicality = has_label ? (factor + typicality_factor(within)) / 2.0 : factor;
}

}  // namespace modattr
