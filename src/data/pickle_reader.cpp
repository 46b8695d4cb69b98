#include "modattr/data/pickle_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "modattr/data/messages.h"

namespace modattr {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kOrderedDictionary = "collections.OrderedDict";
// A value takes a hundred times the byte that can ask for it.
constexpr std::size_t kLongestPickleBytes = std::size_t{4} << 20;
constexpr std::size_t kLongestGlobalName = 256;
constexpr std::uint64_t kNewestProtocol = 5;

/// The instructions, named as in pickletools.
enum class Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDuplicate = '2',
  kBinaryInteger = 'J',
  kBinaryInteger1 = 'K',
  kBinaryInteger2 = 'M',
  kNone = 'N',
  kBinaryPersistentId = 'Q',
  kReduce = 'R',
  kBinaryUnicode = 'X',
  kBinaryReal = 'G',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinaryGet = 'h',
  kLongBinaryGet = 'j',
  kBinaryPut = 'q',
  kLongBinaryPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDictionary = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kBinaryBytes = 'B',
  kShortBinaryBytes = 'C',
  kProtocol = 0x80,
  kNewObject = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8A,
  kShortBinaryUnicode = 0x8C,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

/// The stack machine that a pickle is a program for.
class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> bytes, std::string_view where) : rest_(bytes), where_(where) {}

  Pickle run() {
    while (!root_) execute(static_cast<Opcode>(unsigned_number(1)));
    return Pickle(std::move(values_), *root_);
  }

 private:
  [[noreturn]] void fail() const { throw_data_error(where_, "a pickle", "a damaged one"); }

  void execute(Opcode opcode) {
    switch (opcode) {
      case Opcode::kProtocol:
        return check_protocol(unsigned_number(1));
      case Opcode::kFrame:
        return skip(8);
      case Opcode::kStop:
        root_ = pop();
        return;
      case Opcode::kMark:
        return marks_.push_back(stack_.size());
      case Opcode::kPop:
        pop();
        return;
      case Opcode::kPopMark:
        pop_to_mark();
        return;
      case Opcode::kDuplicate:
        return stack_.push_back(top());

      case Opcode::kBinaryPut:
        return remember(unsigned_number(1));
      case Opcode::kLongBinaryPut:
        return remember(unsigned_number(4));
      case Opcode::kMemoize:
        return remember(memo_.size());
      case Opcode::kBinaryGet:
        return recall(unsigned_number(1));
      case Opcode::kLongBinaryGet:
        return recall(unsigned_number(4));

      case Opcode::kNone:
        return push(Kind::kNone);
      case Opcode::kNewTrue:
        return push(Kind::kBoolean, 1);
      case Opcode::kNewFalse:
        return push(Kind::kBoolean, 0);
      case Opcode::kBinaryInteger:
        return push(Kind::kInteger, signed_number(4));
      case Opcode::kBinaryInteger1:
        return push(Kind::kInteger, static_cast<std::int64_t>(unsigned_number(1)));
      case Opcode::kBinaryInteger2:
        return push(Kind::kInteger, static_cast<std::int64_t>(unsigned_number(2)));
      case Opcode::kLong1:
        return push(Kind::kInteger, signed_number(unsigned_number(1)));
      case Opcode::kBinaryReal:
        skip(8);
        return push(Kind::kReal);
      case Opcode::kBinaryUnicode:
        return push_text(Kind::kText, take(unsigned_number(4)));
      case Opcode::kShortBinaryUnicode:
        return push_text(Kind::kText, take(unsigned_number(1)));
      case Opcode::kBinaryBytes:
        skip(unsigned_number(4));
        return push(Kind::kBytes);
      case Opcode::kShortBinaryBytes:
        skip(unsigned_number(1));
        return push(Kind::kBytes);

      case Opcode::kEmptyTuple:
        return push(Kind::kTuple);
      case Opcode::kTuple1:
        return push_items(Kind::kTuple, pop_items(1));
      case Opcode::kTuple2:
        return push_items(Kind::kTuple, pop_items(2));
      case Opcode::kTuple3:
        return push_items(Kind::kTuple, pop_items(3));
      case Opcode::kTuple:
        return push_items(Kind::kTuple, pop_to_mark());
      case Opcode::kEmptyList:
        return push(Kind::kList);
      case Opcode::kAppend:
        return extend(Kind::kList, pop_items(1));
      case Opcode::kAppends:
        return extend(Kind::kList, pop_to_mark());
      case Opcode::kEmptyDictionary:
        return push(Kind::kDictionary);
      case Opcode::kSetItem:
        return extend(Kind::kDictionary, pop_items(2));
      case Opcode::kSetItems:
        return extend(Kind::kDictionary, pop_to_mark());

      case Opcode::kGlobal: {
        const std::string_view module = line();
        return push_global(module, line());
      }
      case Opcode::kStackGlobal: {
        const std::uint32_t name = pop_text();
        return push_global(values_[pop_text()].text, values_[name].text);
      }
      case Opcode::kBinaryPersistentId:
        return push_items(Kind::kPersistentId, pop_items(1));
      case Opcode::kReduce:
      case Opcode::kNewObject:
        return reduce();
      case Opcode::kBuild:
        pop();
        top();
        return;
    }
    throw_data_error(where_, "a pickle written by torch.save",
                     "instruction " + std::to_string(static_cast<int>(opcode)));
  }

  void check_protocol(std::uint64_t protocol) const {
    if (protocol > kNewestProtocol) {
      throw_data_error(where_, "a pickle of protocol 2 to 5", "protocol " + std::to_string(protocol));
    }
  }

  void reduce() {
    const std::uint32_t arguments = pop();
    const std::uint32_t function = pop();
    const bool ordered_dictionary =
        values_[function].kind == Kind::kGlobal && values_[function].text == kOrderedDictionary;
    if (ordered_dictionary && values_[arguments].kind == Kind::kTuple && values_[arguments].items.empty()) {
      push(Kind::kDictionary);
    } else {
      push_items(Kind::kCall, {function, arguments});
    }
  }

  /// Adds `items` to the container on the top of the stack. Items for an object of another class are dropped: such an
  /// object is only ever named in a message.
  void extend(Kind container, const std::vector<std::uint32_t>& items) {
    PickleValue& target = values_[top()];
    if (target.kind == Kind::kCall) return;
    if (target.kind != container || (container == Kind::kDictionary && items.size() % 2 != 0)) fail();
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  std::string_view take(std::uint64_t byte_count) {
    if (byte_count > rest_.size()) fail();
    const std::string_view text(reinterpret_cast<const char*>(rest_.data()), byte_count);
    rest_ = rest_.subspan(byte_count);
    return text;
  }

  std::uint64_t unsigned_number(std::size_t byte_count) {
    const std::string_view digits = take(byte_count);
    std::uint64_t value = 0;
    for (std::size_t position = byte_count; position-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(digits[position]);
    }
    return value;
  }

  /// A number of up to eight bytes in two's complement.
  std::int64_t signed_number(std::uint64_t byte_count) {
    if (byte_count > 8) throw_data_error(where_, "integers of 64 bits", "a longer one");
    std::uint64_t value = unsigned_number(byte_count);
    const std::uint64_t unused_bits = 64 - 8 * byte_count;
    if (byte_count > 0 && (value >> (8 * byte_count - 1)) != 0 && unused_bits > 0) {
      value |= ~std::uint64_t{0} << (64 - unused_bits);
    }
    return static_cast<std::int64_t>(value);
  }

  void skip(std::uint64_t byte_count) { take(byte_count); }

  std::string_view line() {
    const auto end = std::find(rest_.begin(), rest_.end(), std::byte{'\n'});
    if (end == rest_.end()) fail();
    const std::string_view text = take(static_cast<std::size_t>(end - rest_.begin()));
    skip(1);
    return text;
  }

  void push_value(PickleValue value) {
    stack_.push_back(static_cast<std::uint32_t>(values_.size()));
    values_.push_back(std::move(value));
  }
  void push(Kind kind, std::int64_t integer = 0) { push_value({kind, integer, {}, {}}); }
  void push_text(Kind kind, std::string_view text) { push_value({kind, 0, std::string(text), {}}); }
  void push_items(Kind kind, std::vector<std::uint32_t> items) { push_value({kind, 0, {}, std::move(items)}); }

  void push_global(std::string_view module, std::string_view name) {
    // Remembered texts make long names cheap to ask for.
    if (module.size() + name.size() > kLongestGlobalName) fail();
    push_text(Kind::kGlobal, std::string(module).append(".").append(name));
  }

  std::uint32_t top() const {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail();
    return stack_.back();
  }

  std::uint32_t pop() {
    const std::uint32_t number = top();
    stack_.pop_back();
    return number;
  }

  std::vector<std::uint32_t> pop_items(std::size_t count) {
    if (stack_.size() < count + (marks_.empty() ? 0 : marks_.back())) fail();
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<std::uint32_t> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    return items;
  }

  std::vector<std::uint32_t> pop_to_mark() {
    if (marks_.empty()) fail();
    std::vector<std::uint32_t> items = pop_items(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  std::uint32_t pop_text() {
    const std::uint32_t number = pop();
    if (values_[number].kind != Kind::kText) fail();
    return number;
  }

  void remember(std::uint64_t key) { memo_[key] = top(); }

  void recall(std::uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail();
    stack_.push_back(found->second);
  }

  std::span<const std::byte> rest_;
  std::string_view where_;
  std::vector<PickleValue> values_;
  std::vector<std::uint32_t> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, std::uint32_t> memo_;
  std::optional<std::uint32_t> root_;
};

}  // namespace

Pickle read_pickle(std::span<const std::byte> bytes, std::string_view where) {
  if (bytes.size() > kLongestPickleBytes) {
    throw_data_error(where, "a pickle of at most 4 MiB", std::to_string(bytes.size()) + " bytes");
  }
  return PickleMachine(bytes, where).run();
}

}  // namespace modattr
