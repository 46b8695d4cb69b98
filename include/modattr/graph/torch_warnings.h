#pragma once

namespace modattr {

/// Keeps what libtorch warns of deprecated operations away from standard error, for the calling thread: they are the
/// model's, and its file stays as it is. Other warnings are printed. Does nothing with libtorch 1.13.
void drop_deprecation_warnings();

}  // namespace modattr
