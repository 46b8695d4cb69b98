#include "modattr/stats/masked_logit.h"

namespace modattr {

void throw_masked(std::size_t label, std::string_view what, std::string_view instead) {
  throw MaskedLogitError(std::string(what) + ": expected a finite logit of class " + std::to_string(label) +
                         ", got -inf; use " + std::string(instead));
}

}  // namespace modattr
