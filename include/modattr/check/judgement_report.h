#pragma once

#include <cstdint>
#include <string>

#include "modattr/check/judgement.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// Whether the ids of answers that changed sides are listed.
enum class ChangedIds : std::uint8_t { kCounted, kListed };

/// The judgement for a terminal: a heading, one line per number under its rule with old, new, change, interval, what is
/// allowed and the verdict, and a bar of the change where there is room; what the intervals are made of, and answers
/// that changed sides. Keeps to `style.width` (at least 60), holds no control characters from the data.
std::string to_check_table(const Judgement& judgement, const TextStyle& style, ChangedIds ids = ChangedIds::kCounted);

/// The judgement as a JSON document, schema "modattr.check/1", with all digits and the ids of all answers that changed
/// sides. Ends in a line break.
std::string to_check_json(const Judgement& judgement);

/// The judgement as GitHub markdown, for a pull request.
std::string to_check_markdown(const Judgement& judgement);

/// The judgement as JUnit XML: a test suite with one test case per rule. A broken one has a failure, whose message
/// tells its broken numbers: rule, old, new, interval, what is allowed.
std::string to_check_junit(const Judgement& judgement);

}  // namespace modattr
