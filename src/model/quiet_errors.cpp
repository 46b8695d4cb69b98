#include "quiet_errors.h"

#include <iostream>
#include <streambuf>

namespace modattr {
namespace {

thread_local int package_call_depth = 0;

/// Passes on what threads print that are in no package.
class QuietErrors final : public std::streambuf {
 public:
  explicit QuietErrors(std::streambuf& target) : target_(target) {}

 protected:
  int_type overflow(int_type letter) override {
    if (package_call_depth > 0 || traits_type::eq_int_type(letter, traits_type::eof())) {
      return traits_type::not_eof(letter);
    }
    return target_.sputc(traits_type::to_char_type(letter));
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    return package_call_depth > 0 ? count : target_.sputn(text, count);
  }
  int sync() override { return target_.pubsync(); }

 private:
  std::streambuf& target_;
};

}  // namespace

void silence_package_calls() {
  // Lives on, as the stream is used until the very end.
  [[maybe_unused]] static std::streambuf* const before = std::cerr.rdbuf(new QuietErrors(*std::cerr.rdbuf()));
}

PackageCall::PackageCall() noexcept {
  ++package_call_depth;
}

PackageCall::~PackageCall() {
  --package_call_depth;
}

}  // namespace modattr
