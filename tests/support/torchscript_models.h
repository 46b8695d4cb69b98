#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// A weight of a model that a test writes.
struct ModelParameter {
  std::string name;
  std::vector<std::int64_t> shape;
  /// In row-major order.
  std::vector<float> values;
};

/// Writes a TorchScript model whose method is this text: `def forward(self, x): return x @ self.weight`. A line break
/// in the text is followed by two spaces.
void save_model(const std::filesystem::path& path, std::string_view forward,
                const std::vector<ModelParameter>& parameters = {});

/// Writes a TorchScript model that has no method at all.
void save_model_without_forward(const std::filesystem::path& path);

}  // namespace modattr
