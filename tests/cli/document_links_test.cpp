// Links of the documents lead somewhere.

#include <cctype>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "document.h"

namespace modattr {
namespace {

/// The anchor that GitHub gives a heading.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char letter : heading) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80 || std::isalnum(byte) != 0 || letter == '_' || letter == '-') {
      anchor += static_cast<char>(std::tolower(byte));
    }
    if (letter == ' ') anchor += '-';
  }
  return anchor;
}

Names anchors_of(const Document& document) {
  Names anchors;
  std::map<std::string, int> counts;
  for (std::size_t place = 0; place < document.lines.size(); ++place) {
    const std::string& line = document.lines[place];
    if (!line.starts_with('#') || document.is_fenced(place)) continue;
    const std::string anchor = anchor_of(line.substr(line.find(' ') + 1));
    const int count = counts[anchor]++;
    anchors.insert(count == 0 ? anchor : anchor + "-" + std::to_string(count));
  }
  return anchors;
}

std::string without_code(const std::string& line) {
  std::string text;
  bool is_code = false;
  for (const char letter : line) {
    if (letter == '`') {
      is_code = !is_code;
    } else if (!is_code) {
      text += letter;
    }
  }
  return text;
}

Names links_of(const Document& document) {
  std::string prose;
  for (std::size_t place = 0; place < document.lines.size(); ++place) {
    if (!document.is_fenced(place)) prose += without_code(document.lines[place]) + " ";
  }
  Names links = all_matches(prose, R"((?:src|href)="([^"]+)\")");
  links.merge(all_matches(prose, R"(\]\(([^)\s]+)\))"));
  return links;
}

TEST(Documents, LinksResolve) {
  std::vector<std::string> names = user_documents();
  names.insert(names.end(), {"CHANGELOG.md", "src/split/README.md", "data/shapes-vqa/README.md"});
  std::size_t count = 0;
  for (const std::string& name : names) {
    const Document document(name);
    for (const std::string& link : links_of(document)) {
      if (link.find("://") != std::string::npos) continue;
      ++count;
      const std::string path = link.substr(0, link.find('#'));
      const std::filesystem::path folder = std::filesystem::path(name).parent_path();
      const std::string target = path.empty() ? name : (folder / path).lexically_normal().string();
      if (!std::filesystem::exists(kRepository / target)) {
        ADD_FAILURE() << name << ": expected a file or folder behind the link " << link;
      } else if (link.find('#') != std::string::npos) {
        EXPECT_TRUE(anchors_of(Document(target)).contains(link.substr(link.find('#') + 1)))
            << name << ": expected a heading behind the link " << link;
      }
    }
  }
  EXPECT_GE(count, 60U);
}

TEST(Documents, TheReadmeIsShortAndLinksToAllOthers) {
  const Document readme("README.md");
  EXPECT_LE(readme.lines.size(), 200U);
  const Names links = links_of(readme);
  for (const std::string& name : user_documents()) {
    EXPECT_TRUE(name == "README.md" || links.contains(name)) << name;
  }
}

}  // namespace
}  // namespace modattr
