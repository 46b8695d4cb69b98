#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace modattr {

/// Byte strings with a number each, found as the beginnings of a text.
class ByteTrie {
 public:
  ByteTrie() : nodes_(1) {}

  /// A string that was there before gets the new number. The string must not be empty.
  void add(std::string_view text, std::int64_t number);

  /// Calls visit(length, number) for every string that the text begins with, the shortest first.
  template <typename Visit>
  void visit_prefixes(std::string_view text, Visit visit) const {
    std::uint32_t node = 0;
    for (std::size_t length = 0; length < text.size(); ++length) {
      node = child(node, static_cast<unsigned char>(text[length]));
      if (node == 0) return;
      if (nodes_[node].number >= 0) visit(length + 1, nodes_[node].number);
    }
  }

 private:
  /// Children of a node are a list of siblings, in the order in which they were added; the root has a table, as most
  /// first bytes occur.
  struct Node {
    std::int64_t number = -1;
    std::uint32_t first_child = 0;
    std::uint32_t sibling = 0;
    unsigned char byte = 0;
  };
  /// 0 = there is none.
  std::uint32_t child(std::uint32_t node, unsigned char byte) const;

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> roots_ = std::vector<std::uint32_t>(256, 0);
};

}  // namespace modattr
