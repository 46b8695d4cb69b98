#include "token_faults.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include <ATen/Functions.h>

#include "modattr/data/array_tensor.h"
#include "modattr/masking/attention.h"

namespace modattr {
namespace {

/// What a fault makes of a text's positions.
struct TokenPlan {
  /// Position that each position takes its data from, [positions]; nullopt = padding.
  std::vector<std::optional<std::size_t>> sources;
  /// New ids, by position of the result.
  std::vector<std::optional<std::int64_t>> ids;
};

void shuffle(std::vector<std::size_t>& places, RandomStream& stream) {
  for (std::size_t place = places.size(); place > 1; --place) {
    std::swap(places[place - 1], places[stream.below(static_cast<std::uint32_t>(place))]);
  }
}

/// How many of `count` tokens a part of them is: at least one.
std::size_t part_of(std::size_t count, double part) {
  const double wanted = std::round(part * static_cast<double>(count));
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(wanted, 1.0)), std::min<std::size_t>(count, 1),
                                 count);
}

class TokenFaults final : public FaultMaker {
 public:
  TokenFaults(FaultMakerOptions options, const Dataset& dataset, std::vector<SegmentedInput> inputs)
      : options_(std::move(options)), dataset_(dataset), inputs_(std::move(inputs)) {
    const Array& ids = dataset_.input(inputs_.front().input);
    for (std::size_t place = 1; place < inputs_.size() && !mask_; ++place) {
      mask_ = AttentionMask::find(dataset_.input(inputs_[place].input), ids);
      mask_input_ = inputs_[place].input;
    }
    constexpr std::array<std::string_view, 4> kUnknown = {"<unk>", "[UNK]", "<UNK>", "unk"};
    for (const std::string_view word : kUnknown) {
      const auto found = std::ranges::find(options_.vocabulary, word);
      if (found != options_.vocabulary.end() && !unknown_id_) unknown_id_ = found - options_.vocabulary.begin();
    }
    for (const std::uint32_t example : options_.sample) {
      const std::vector<std::int64_t> own = tokens(example);
      pool_.insert(pool_.end(), own.begin(), own.end());
    }
    // Taken from a text that has some; a set without padding has no need of it.
    if (!options_.special_ids.empty()) padding_id_ = options_.special_ids.front();
    for (const std::uint32_t example : options_.sample) {
      const std::vector<std::int64_t> row = ids_of(example);
      const std::vector<std::size_t> positions = text_positions(row, example);
      if (positions.empty() || positions.back() + 1 == row.size()) continue;
      padding_id_ = row.back();
      break;
    }
  }

  std::string why_not(const Fault& fault) const override {
    if (fault.kind == "unknown" && !unknown_id_) return "its vocabulary has no unknown token, such as <unk>";
    if (pool_.empty()) return "it has no tokens but special ones";
    return {};
  }

  std::vector<std::int64_t> tokens(std::uint32_t example) const override {
    const std::vector<std::int64_t> row = ids_of(example);
    std::vector<std::int64_t> result;
    for (const std::size_t position : text_positions(row, example)) result.push_back(row[position]);
    return result;
  }

  std::vector<std::int64_t> tokens(const FaultDraw& draw) const override {
    const std::vector<std::int64_t> row = ids_of(draw.example);
    const TokenPlan plan = plan_of(draw, row);
    std::vector<std::int64_t> result;
    for (const std::size_t position : text_positions(row, draw.example)) {
      if (plan.ids[position]) {
        result.push_back(*plan.ids[position]);
      } else if (plan.sources[position]) {
        result.push_back(row[*plan.sources[position]]);
      }
    }
    return result;
  }

  at::Tensor make(std::size_t input, const FaultDraw& draw) const override {
    at::Tensor data = dataset_.gather(input, std::span(&draw.example, 1));
    const std::vector<std::int64_t> row = ids_of(draw.example);
    const auto position_count = static_cast<std::int64_t>(row.size());
    if (data.dim() < 2 || data.size(1) != position_count) return data;
    const TokenPlan plan = plan_of(draw, row);
    const bool holds_ids = input == inputs_.front().input;
    const at::Tensor own = data.clone();
    const std::vector<std::size_t> positions = text_positions(row, draw.example);
    const std::size_t behind = positions.empty() ? 0 : positions.back() + 1;
    for (std::int64_t position = 0; position < position_count; ++position) {
      const auto place = static_cast<std::size_t>(position);
      at::Tensor slot = data.select(1, position);
      if (plan.sources[place]) {
        slot.copy_(own.select(1, static_cast<std::int64_t>(*plan.sources[place])));
      } else if (holds_ids) {
        slot.fill_(padding_id_);
      } else if (behind < row.size()) {
        // As this row has it where the text has ended.
        slot.copy_(own.select(1, static_cast<std::int64_t>(behind)));
      } else {
        slot.fill_(is_padding_mask(input) ? 1 : 0);
      }
      if (holds_ids && plan.ids[place]) slot.fill_(*plan.ids[place]);
    }
    return data;
  }

 private:
  bool is_padding_mask(std::size_t input) const {
    const std::string& name = dataset_.input(input).name;
    return name.find("pad") != std::string::npos || name.find("special") != std::string::npos;
  }
  std::vector<std::int64_t> ids_of(std::uint32_t example) const {
    const at::Tensor wide = dataset_.gather(inputs_.front().input, std::span(&example, 1)).to(at::kLong).contiguous();
    return {wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel()};
  }
  std::vector<std::size_t> text_positions(std::span<const std::int64_t> row, std::uint32_t example) const {
    const std::vector<bool> seen =
        mask_ ? mask_->read(dataset_.input_row(mask_input_, example), 1) : std::vector<bool>(row.size(), true);
    std::vector<std::size_t> positions;
    for (std::size_t position = 0; position < row.size(); ++position) {
      const bool is_special = std::ranges::find(options_.special_ids, row[position]) != options_.special_ids.end();
      if (seen[position] && !is_special && is_own(position)) positions.push_back(position);
    }
    return positions;
  }
  bool is_own(std::size_t position) const {
    const auto& columns = inputs_.front().columns;
    const auto number = static_cast<std::int64_t>(position);
    return columns.empty() ||
           std::ranges::any_of(columns, [&](const auto& range) { return range[0] <= number && number < range[1]; });
  }

  TokenPlan plan_of(const FaultDraw& draw, std::span<const std::int64_t> row) const {
    RandomStream stream = draw.stream;
    const double strength = strength_of(draw.fault, "tokens");
    const std::vector<std::size_t> positions = text_positions(row, draw.example);
    TokenPlan plan{std::vector<std::optional<std::size_t>>(row.size()),
                   std::vector<std::optional<std::int64_t>>(row.size())};
    for (std::size_t position = 0; position < row.size(); ++position) plan.sources[position] = position;
    std::vector<std::size_t> order(positions.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (draw.fault.kind == "shuffle") {
      shuffle(order, stream);
      for (std::size_t place = 0; place < order.size(); ++place)
        plan.sources[positions[place]] = positions[order[place]];
      return plan;
    }
    if (draw.fault.kind == "truncate") {
      keep_first(positions, order, std::min(order.size(), static_cast<std::size_t>(std::max(strength, 0.0))), plan);
      return plan;
    }
    std::vector<std::size_t> chosen = order;
    shuffle(chosen, stream);
    chosen.resize(part_of(positions.size(), strength));
    if (draw.fault.kind == "drop") {
      std::erase_if(order, [&](std::size_t place) { return std::ranges::find(chosen, place) != chosen.end(); });
      keep_first(positions, order, order.size(), plan);
      return plan;
    }
    for (const std::size_t place : chosen) {
      plan.ids[positions[place]] =
          draw.fault.kind == "unknown" ? *unknown_id_ : pool_[stream.below(static_cast<std::uint32_t>(pool_.size()))];
    }
    return plan;
  }
  /// The first `count` tokens of `order` stand at the first positions; padding follows.
  static void keep_first(const std::vector<std::size_t>& positions, const std::vector<std::size_t>& order,
                         std::size_t count, TokenPlan& plan) {
    for (std::size_t place = 0; place < positions.size(); ++place) {
      plan.sources[positions[place]] = place < count ? std::optional(positions[order[place]]) : std::nullopt;
    }
  }

  FaultMakerOptions options_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  std::optional<AttentionMask> mask_;
  std::size_t mask_input_ = 0;
  std::optional<std::int64_t> unknown_id_;
  std::int64_t padding_id_ = 0;
  /// Tokens of the sample's texts, one after the other.
  std::vector<std::int64_t> pool_;
};

}  // namespace

std::unique_ptr<FaultMaker> make_token_faults(FaultMakerOptions options, const Dataset& dataset,
                                              std::vector<SegmentedInput> inputs) {
  return std::make_unique<TokenFaults>(std::move(options), dataset, std::move(inputs));
}

}  // namespace modattr
