#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "modattr/core/error.h"
#include "modattr/tokenizers/tokenizer.h"
#include "tokenizers/file_readers.h"
#include "tokenizers/json_step.h"

namespace modattr {
namespace {

enum class FileKind { kJson, kSentencePiece, kVocabulary };

FileKind kind_of(std::string_view content) {
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && content[first] == '{') {
    // A vocabulary may begin with a bracket, too, on a line of its own.
    const std::size_t second = content.find_first_not_of(" \t\r\n", first + 1);
    if (second != std::string_view::npos && (content[second] == '"' || content[second] == '}')) return FileKind::kJson;
  }
  // Its first field is the list of pieces, number 1, whose lengths and scores are no text.
  const std::string_view head = content.substr(0, 64);
  const bool is_binary = std::ranges::any_of(head, [](char letter) {
    return static_cast<unsigned char>(letter) < ' ' && letter != '\n' && letter != '\r' && letter != '\t';
  });
  return head.starts_with('\n') && is_binary ? FileKind::kSentencePiece : FileKind::kVocabulary;
}

std::optional<std::string> read_if_there(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return std::nullopt;
  return content;
}

/// A token is a text, or an object that holds it.
std::optional<std::string> token_of(const JsonStep& config, const char* key) {
  const nlohmann::json* token = config.find(key);
  if (!token) return std::nullopt;
  return token->is_object() ? config.object(key).find_text("content") : config.find_text(key);
}

std::optional<std::string> first_of(const std::optional<std::string>& token,
                                    const std::optional<std::string>& otherwise) {
  return token ? token : otherwise;
}

std::optional<std::int64_t> find_first(const TokenLookup& id_of, const std::optional<std::string>& named,
                                       std::initializer_list<std::string_view> usual) {
  if (named) {
    if (const std::optional<std::int64_t> id = id_of(*named)) return id;
  }
  for (const std::string_view token : usual) {
    if (const std::optional<std::int64_t> id = id_of(token)) return id;
  }
  return std::nullopt;
}

}  // namespace

SpecialTokenIds special_ids_of(const TokenLookup& id_of, const TokenizerConfig& config) {
  return {.pad = find_first(id_of, config.pad, {"[PAD]", "<pad>", "<PAD>", "<|pad|>"}),
          .unk = find_first(id_of, config.unk, {"[UNK]", "<unk>", "<UNK>"}),
          .cls = find_first(id_of, config.cls, {"[CLS]", "<s>", "<bos>"}),
          .sep = find_first(id_of, config.sep, {"[SEP]", "</s>", "<eos>"}),
          .mask = find_first(id_of, config.mask, {"[MASK]", "<mask>"})};
}

TokenizerConfig read_tokenizer_config(const std::filesystem::path& beside) {
  const std::filesystem::path file = beside.parent_path() / "tokenizer_config.json";
  const std::optional<std::string> content = read_if_there(file);
  if (!content) return {};
  const nlohmann::json json = parse_json(*content, file.string());
  const JsonStep config(json, file.string());
  return {.pad = token_of(config, "pad_token"),
          .unk = token_of(config, "unk_token"),
          .cls = first_of(token_of(config, "cls_token"), token_of(config, "bos_token")),
          .sep = first_of(token_of(config, "sep_token"), token_of(config, "eos_token")),
          .mask = token_of(config, "mask_token"),
          .lowers = config.find_flag("do_lower_case"),
          .adds_cls = config.find_flag("add_bos_token"),
          .adds_sep = config.find_flag("add_eos_token")};
}

std::unique_ptr<Tokenizer> open_tokenizer(const std::filesystem::path& file) {
  const std::optional<std::string> content = read_if_there(file);
  if (!content) throw DataError(file.string() + ": expected a tokenizer, got no readable file");
  const TokenizerConfig config = read_tokenizer_config(file);
  switch (kind_of(*content)) {
    case FileKind::kJson:
      return read_tokenizer_json(*content, file.string(), config);
    case FileKind::kSentencePiece:
      return read_sentence_piece(*content, file.string(), config);
    case FileKind::kVocabulary:
      break;
  }
  return read_vocabulary_text(*content, file.string(), config);
}

}  // namespace modattr
