#pragma once

namespace modattr {

/// Keeps what compiled packages print on standard error away from it: they print an error, with a backtrace, before
/// they report it. What other code and other threads print there is not touched. May be called more than once.
void silence_package_calls();

/// As long as it lives, the calling thread is inside a package.
class PackageCall {
 public:
  PackageCall() noexcept;
  PackageCall(const PackageCall&) = delete;
  PackageCall& operator=(const PackageCall&) = delete;
  ~PackageCall();
};

}  // namespace modattr
