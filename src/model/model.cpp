#include "modattr/model/model.h"

namespace modattr {

SplitResult Model::split(std::span<const ModelInput>, std::size_t, BatchPredicates, std::span<const at::Tensor>) const {
  return {nullptr, "models of this kind cannot be cut", {}};
}

}  // namespace modattr
