#include "modattr/data/file_digest.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

#include <openssl/evp.h>

#include "modattr/core/error.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

void check_digest(int success, const std::filesystem::path& path) {
  if (success != 1) throw DataError(path.string() + ": expected a SHA-256 digest, got a failure of libcrypto");
}

std::string hexadecimal(std::span<const unsigned char> digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

}  // namespace

std::string sha256_of_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rbe"));
  const auto throw_system_error = [&] {
    throw_data_error(path.string(), "a readable file", "'" + std::generic_category().message(errno) + "'");
  };
  if (!file) throw_system_error();
  std::setvbuf(file.get(), nullptr, _IONBF, 0);

  const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  check_digest(context ? EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) : 0, path);
  std::vector<unsigned char> block(kBlockBytes);
  while (const std::size_t byte_count = std::fread(block.data(), 1, block.size(), file.get())) {
    check_digest(EVP_DigestUpdate(context.get(), block.data(), byte_count), path);
  }
  if (std::ferror(file.get()) != 0) throw_system_error();

  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int digest_bytes = 0;
  check_digest(EVP_DigestFinal_ex(context.get(), digest.data(), &digest_bytes), path);
  return hexadecimal(std::span(digest).first(digest_bytes));
}

std::string sha256_of_text(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int digest_bytes = 0;
  check_digest(EVP_Digest(text.data(), text.size(), digest.data(), &digest_bytes, EVP_sha256(), nullptr), "text");
  return hexadecimal(std::span(digest).first(digest_bytes));
}

}  // namespace modattr
