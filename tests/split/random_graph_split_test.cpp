// Property: whatever graph of operations, its parts give the results of the whole.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "split_trial.h"

namespace modattr::random_graph_split_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;

/// Writes a forward() line by line. Every value is [rows, 4].
class RandomForward {
 public:
  explicit RandomForward(std::uint32_t seed) : stream_(Rng(seed).stream(RandomPurpose::kPermutation, 1, 0)) {
    const std::size_t input_count = 2 + pick(3);
    const std::size_t modality_count = 1 + pick(3);
    std::string arguments = "self";
    for (std::size_t input = 0; input < input_count; ++input) {
      const std::string name = "in" + std::to_string(input);
      const std::size_t modality = input < modality_count ? input : pick(modality_count);
      inputs_.push_back({name, modality, floats({kRows, 4}, seed * 10 + static_cast<std::uint32_t>(input))});
      arguments += ", " + name;
      values_.push_back(name);
    }
    text_ = "def forward(" + arguments + "):\n";
    const std::size_t line_count = 4 + pick(12);
    for (std::size_t line = 0; line < line_count; ++line) add_line();
    text_ += "  return " + values_.back() + " + " + any() + "\n";
  }

  const std::string& text() const { return text_; }
  const std::vector<TrialInput>& inputs() const { return inputs_; }

 private:
  std::size_t pick(std::size_t count) { return stream_.below(static_cast<std::uint32_t>(count)); }
  /// Mostly one of the latest, so that graphs grow deep.
  std::string any() {
    const std::size_t window = pick(3) == 0 ? values_.size() : std::min<std::size_t>(values_.size(), 3);
    return values_[values_.size() - 1 - pick(window)];
  }

  void add_line() {
    const std::string x = any();
    const std::string y = any();
    const std::string out = "v" + std::to_string(values_.size());
    const auto assign = [&](const std::string& expression) { text_ += "  " + out + " = " + expression + "\n"; };
    switch (pick(27)) {
      case 0:
        assign(x + " + " + y);
        break;
      case 1:
        assign(x + " * torch.tanh(" + y + ")");
        break;
      case 2:
        assign("torch.tanh(" + x + " @ self.w)");
        break;
      case 3:
        assign("torch.relu(" + x + ") - 0.1");
        break;
      case 4:
        assign("torch.cat([" + x + ", " + y + "], 1) @ self.wide");
        break;
      case 5:
        assign(x + ".view([" + x + ".size(0), 2, 2]).transpose(1, 2).reshape([" + y + ".size(0), -1])");
        break;
      case 6:
        text_ += "  if " + x + ".size(1) > " + std::to_string(pick(6)) + ":\n    " + out + " = torch.sin(" + y +
                 ")\n  else:\n    " + out + " = " + x + " * 0.5\n";
        break;
      case 7:
        text_ += "  if bool(" + x + ".sum() > 0.5):\n    " + out + " = -" + y + "\n  else:\n    " + out + " = " + y +
                 " * 0.5\n";
        break;
      case 8:
        text_ += "  " + out + " = " + x + " * 1.0\n  for i" + out + " in range(" + y + ".size(1)):\n    " + out +
                 " = torch.sigmoid(" + out + " + " + y + "[:, i" + out + ":i" + out + " + 1])\n";
        break;
      case 9:
        text_ += "  " + out + " = torch.zeros([" + x + ".size(0), 4])\n  for i" + out + " in range(4):\n    " + out +
                 "[:, i" + out + "] = " + y + "[:, 3 - i" + out + "]\n";
        break;
      case 10:
        text_ += "  " + out + " = " + x + " * 1.0\n  " + out + ".add_(" + y + ").mul_(0.5)\n";
        break;
      case 11:
        text_ += "  p" + out + " = [" + x + "]\n  p" + out + ".append(" + y + ")\n  " + out + " = torch.stack(p" + out +
                 ").mean(0)\n";
        break;
      case 12:
        assign(x + " * float(" + y + ".size(1)) / float(" + x + ".dim())");
        break;
      case 13:
        assign("torch.softmax(" + x + ", 1)[:, :" + y + ".size(1)]");
        break;
      case 14:
        assign("(" + x + ".unsqueeze(2) @ " + y + ".unsqueeze(1)).softmax(2).sum(1)");
        break;
      case 15:
        assign(x + ".t().contiguous().t() + torch.ones([" + y + ".size(0), 1])");
        break;
      case 16:
        assign("torch.where(" + x + " > 0.0, " + y + ", " + x + ")");
        break;
      case 17:
        // Whatever else reads x sees it, an input's other readers included.
        text_ += "  " + x + ".mul_(0.9).sub_(" + y + ")\n";
        assign(x + " + 0.1");
        break;
      case 18:
        text_ += "  " + x + ".narrow(1, 1, 2).add_(" + y + ".narrow(1, 0, 2) * 0.5)\n";
        assign("torch.sin(" + x + ")");
        break;
      case 19:
        text_ += "  if bool((" + y + " > 2.5).any()):\n    " + x + ".neg_()\n";
        assign(x + " * 0.7");
        break;
      case 20:
        assign("torch.zeros_like(" + y + ") + torch.full_like(" + y + ", 0.5) * " + x);
        break;
      case 21:
        assign(x + ".double().type_as(" + y + ") * " + y + ".new_full([" + x + ".size(0), 4], 0.5)");
        break;
      case 22:
        assign("torch.tanh(" + x + ".reshape([-1, 2]) * " + y + ".reshape([-1, 2])).reshape([-1, 4])");
        break;
      case 23:
        assign("torch.tanh(torch.cat([" + x + ", " + x + " * 2.0])).view([2, -1, 4]).sum(0)");
        break;
      case 24:
        assign(x + ".narrow(1, 0, 1).expand_as(" + y + ") - " + y + ".reshape_as(" + x + ")");
        break;
      case 25:
        assign("torch.where((" + x + " > 2.5).any(), " + y + ", " + x + ")");
        break;
      default:
        assign("(" + x + " - " + x + ".mean(1, keepdim=True)).clamp(-2.0, 2.0)");
        break;
    }
    values_.push_back(out);
  }

  RandomStream stream_;
  std::vector<TrialInput> inputs_;
  std::vector<std::string> values_;
  std::string text_;
};

TEST(RandomGraphSplit, GivesTheSameInParts) {
  std::size_t split_count = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const RandomForward forward(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + forward.text());
    const SplitTrial trial(forward.text(), forward.inputs(), {weight("w", {4, 4}), weight("wide", {8, 4}, 2)});
    if (!trial.is_split()) {
      EXPECT_TRUE(trial.reason().starts_with("its modalities meet before any operation, in aten::") ||
                  trial.reason().starts_with("its first operation reduces over the batch: aten::"))
          << trial.reason();
      continue;
    }
    ++split_count;
    trial.expect_same_results();
    std::vector<at::Tensor> others;
    for (const at::Tensor& input : trial.data()) others.push_back(input.flip(1) * 3.0);
    trial.expect_same_results(others, 1e-3);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GE(split_count, 120U);
}

}  // namespace
}  // namespace modattr::random_graph_split_test
