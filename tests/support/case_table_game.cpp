#include "case_table_game.h"

#include <map>
#include <utility>

namespace modattr {

TableCases::TableCases(TableCasesParts parts) : parts_(std::move(parts)), faulty_(parts_.data.column_count()) {
  parts_.kinds.resize(modality_count(), "columns");
  for (std::size_t example = parts_.identities.size(); example < example_count(); ++example) {
    parts_.identities.push_back(identity_of(std::to_string(example)));
  }
  for (std::size_t modality = 0; modality < modality_count(); ++modality) {
    std::map<double, std::uint32_t> numbers;
    contents_.emplace_back();
    for (std::size_t example = 0; example < example_count(); ++example) {
      const auto next = static_cast<std::uint32_t>(numbers.size());
      contents_.back().push_back(numbers.try_emplace(parts_.data(example, modality), next).first->second);
    }
    content_counts_.push_back(numbers.size());
  }
}

double TableCases::number(std::size_t modality, std::uint32_t row) const {
  return row < example_count() ? parts_.data(row, modality) : faulty_[modality][row - example_count()];
}

std::uint32_t TableCases::add_faulty_row(std::size_t modality, std::uint32_t example, const Fault& fault,
                                         const RandomStream& stream) {
  RandomStream own = stream;
  double number = parts_.data(example, modality);
  const double strength = strength_of(fault, kind(modality));
  if (fault.kind == "noise") {
    number += strength * (2.0 * own.uniform() - 1.0);
  } else if (fault.kind == "scale") {
    number *= strength;
  } else {
    number = 0.0;
  }
  faulty_[modality].push_back(number);
  return static_cast<std::uint32_t>(example_count() + faulty_[modality].size() - 1);
}

void TableCases::clear_faulty_rows() {
  for (std::vector<double>& rows : faulty_) rows.clear();
}

void TableCases::answer(const Queries& queries, const Receiver& receive) {
  std::vector<double> numbers(modality_count());
  for (std::size_t query = 0; query < queries.examples.size(); ++query) {
    for (std::size_t modality = 0; modality < modality_count(); ++modality) {
      numbers[modality] = number(modality, queries.rows[modality][query]);
    }
    receive(query, parts_.model(numbers));
  }
  query_count_ += queries.examples.size();
}

FloatRows TableCases::statistics(std::size_t modality, std::span<const std::uint32_t> rows) {
  if (kind(modality) == "tokens") return {};
  FloatRows result{.width = 1, .values = {}};
  for (const std::uint32_t row : rows) result.values.push_back(static_cast<float>(number(modality, row)));
  return result;
}

std::vector<std::vector<std::int64_t>> TableCases::tokens(std::size_t modality, std::span<const std::uint32_t> rows) {
  std::vector<std::vector<std::int64_t>> texts;
  for (const std::uint32_t row : rows) texts.push_back({static_cast<std::int64_t>(number(modality, row))});
  return texts;
}

}  // namespace modattr
