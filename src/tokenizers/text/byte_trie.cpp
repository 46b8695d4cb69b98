#include "tokenizers/text/byte_trie.h"

namespace modattr {

std::uint32_t ByteTrie::child(std::uint32_t node, unsigned char byte) const {
  if (node == 0) return roots_[byte];
  std::uint32_t found = nodes_[node].first_child;
  while (found != 0 && nodes_[found].byte != byte) found = nodes_[found].sibling;
  return found;
}

void ByteTrie::add(std::string_view text, std::int64_t number) {
  std::uint32_t node = 0;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    std::uint32_t next = child(node, byte);
    if (next == 0) {
      next = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({.byte = byte});
      if (node == 0) {
        roots_[byte] = next;
      } else {
        nodes_[next].sibling = nodes_[node].first_child;
        nodes_[node].first_child = next;
      }
    }
    node = next;
  }
  nodes_[node].number = number;
}

}  // namespace modattr
