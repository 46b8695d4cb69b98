#include "modattr/data/pt_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/data/array_layout.h"
#include "modattr/data/messages.h"
#include "modattr/data/pickle_reader.h"
#include "modattr/data/scratch_storage.h"

namespace modattr {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kPickleName = "data.pkl";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kAdvice = "save a dictionary of dense tensors: torch.save({'name': tensor, ...}, path)";

struct NamedType {
  std::string_view name;
  c10::ScalarType dtype;
};
constexpr NamedType kStorageTypes[] = {{"BoolStorage", c10::ScalarType::Bool},
                                       {"ByteStorage", c10::ScalarType::Byte},
                                       {"CharStorage", c10::ScalarType::Char},
                                       {"ShortStorage", c10::ScalarType::Short},
                                       {"IntStorage", c10::ScalarType::Int},
                                       {"LongStorage", c10::ScalarType::Long},
                                       {"HalfStorage", c10::ScalarType::Half},
                                       {"BFloat16Storage", c10::ScalarType::BFloat16},
                                       {"FloatStorage", c10::ScalarType::Float},
                                       {"DoubleStorage", c10::ScalarType::Double},
                                       {"ComplexFloatStorage", c10::ScalarType::ComplexFloat},
                                       {"ComplexDoubleStorage", c10::ScalarType::ComplexDouble}};

/// The data.pkl at the top of the archive's one folder; nullptr when there is none.
const ZipMember* find_pickle(const ZipArchive& archive) noexcept {
  const auto is_pickle = [](const ZipMember& member) {
    const std::string_view name = member.name;
    return name == kPickleName ||
           (name.ends_with(kPickleName) && name.find('/') + 1 + kPickleName.size() == name.size());
  };
  const auto found = std::find_if(archive.members().begin(), archive.members().end(), is_pickle);
  return found == archive.members().end() ? nullptr : &*found;
}

/// `name/` of a member `name/data.pkl`.
std::string folder_of(const ZipMember& pickle_member) {
  return pickle_member.name.substr(0, pickle_member.name.size() - kPickleName.size());
}

/// What the pickle says of a tensor, checked for form only.
struct TensorRecord {
  std::string storage_type;
  std::string storage_key;
  std::int64_t storage_items = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

/// A value that is sound, but nothing that can be read: an error only where somebody needs it.
class UnsupportedTensor : public DataError {
 public:
  using DataError::DataError;
};

class PtReader {
 public:
  PtReader(const ZipArchive& archive, const ZipMember& pickle_member)
      : archive_(archive),
        path_(archive.file()->path().string()),
        folder_(folder_of(pickle_member)),
        pickle_(read_pickle(verified_bytes(pickle_member), archive.where(pickle_member))),
        copy_budget_bytes_(archive.file()->bytes().size()) {}

  std::vector<Array> read() {
    check_byte_order();
    const PickleValue& root = pickle_.root();
    if (root.kind != Kind::kDictionary) {
      throw_data_error(path_, "a dictionary of tensors", pickle_.describe(root), kAdvice);
    }
    std::vector<Array> arrays;
    std::unordered_set<std::string_view> names;
    for (std::size_t position = 0; position < root.items.size(); position += 2) {
      const PickleValue& key = pickle_[root.items[position]];
      if (key.kind != Kind::kText) {
        throw_data_error(path_, "texts as keys of the dictionary", pickle_.describe(key), kAdvice);
      }
      check_array_name(path_, key.text);
      if (!names.insert(key.text).second) throw_data_error(path_, "every key once", quoted_text(key.text) + " twice");
      where_ = path_ + ": key " + quoted_text(key.text);
      Array array;
      try {
        array = array_of(pickle_[root.items[position + 1]]);
      } catch (const UnsupportedTensor& error) {
        array.dtype = c10::ScalarType::Undefined;
        array.storage = archive_.file();
        array.unreadable = error.what();
      }
      array.name = key.text;
      arrays.push_back(std::move(array));
    }
    return arrays;
  }

 private:
  [[noreturn]] void fail_unsupported(const std::string& expected, const std::string& got,
                                     std::string_view what_to_do) const {
    throw UnsupportedTensor(where_ + ": expected " + expected + ", got " + got + "; " + std::string(what_to_do));
  }
  [[noreturn]] void fail() const { throw_data_error(where_, "a tensor", "a damaged one"); }

  std::span<const std::byte> verified_bytes(const ZipMember& member) {
    if (member.compression != ZipCompression::kStored) {
      throw_data_error(archive_.where(member), "a stored member", "a compressed one", "write the file with torch.save");
    }
    if (verified_.insert(&member).second) archive_.verify(member);
    return archive_.stored_bytes(member);
  }

  void check_byte_order() {
    const ZipMember* const member = archive_.find(folder_ + "byteorder");
    if (member == nullptr) return;
    const std::span<const std::byte> bytes = verified_bytes(*member);
    const std::string_view order(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (order != "little") throw_data_error(path_, "byte order 'little'", quoted_text(order));
  }

  Array array_of(const PickleValue& value) {
    if (pickle_.is_call_of(value, kRebuildParameter)) {
      const PickleValue& arguments = pickle_[value.items[1]];
      if (arguments.kind != Kind::kTuple || arguments.items.empty()) fail();
      return dense_array(pickle_[arguments.items[0]]);
    }
    return dense_array(value);
  }

  Array dense_array(const PickleValue& value) {
    if (!pickle_.is_call_of(value, kRebuildTensor)) {
      const std::string got = pickle_.describe(value);
      const bool is_quantised = got.find("_rebuild_qtensor") != std::string::npos;
      fail_unsupported("a dense tensor", got, is_quantised ? "save tensor.dequantize()" : kAdvice);
    }
    return placed(record_of(pickle_[value.items[1]]));
  }

  /// Reads (storage, offset, size, stride, requires_grad, hooks[, metadata]).
  TensorRecord record_of(const PickleValue& arguments) const {
    if (arguments.kind != Kind::kTuple || arguments.items.size() < 6 || arguments.items.size() > 7) fail();
    TensorRecord record;
    read_storage(pickle_[arguments.items[0]], record);
    record.offset = natural_number(pickle_[arguments.items[1]]);
    record.shape = natural_numbers(pickle_[arguments.items[2]]);
    record.strides = natural_numbers(pickle_[arguments.items[3]]);
    if (record.shape.size() != record.strides.size()) fail();
    if (arguments.items.size() == 7) check_no_pending_operation(pickle_[arguments.items[6]]);
    return record;
  }

  /// Reads ('storage', type, key, location, element count).
  void read_storage(const PickleValue& identifier, TensorRecord& record) const {
    if (identifier.kind != Kind::kPersistentId) fail();
    const PickleValue& parts = pickle_[identifier.items[0]];
    if (parts.kind != Kind::kTuple || parts.items.size() != 5) fail();
    const PickleValue& type = pickle_[parts.items[1]];
    const PickleValue& key = pickle_[parts.items[2]];
    if (type.kind != Kind::kGlobal || key.kind != Kind::kText) fail();
    record.storage_type = type.text;
    record.storage_key = key.text;
    record.storage_items = natural_number(pickle_[parts.items[4]]);
  }

  std::int64_t natural_number(const PickleValue& value) const {
    if (value.kind != Kind::kInteger || value.integer < 0) fail();
    return value.integer;
  }

  std::vector<std::int64_t> natural_numbers(const PickleValue& value) const {
    if (value.kind != Kind::kTuple || value.items.size() > kDimensionLimit) fail();
    std::vector<std::int64_t> numbers;
    for (const std::uint32_t item : value.items) numbers.push_back(natural_number(pickle_[item]));
    return numbers;
  }

  /// A tensor can be saved as the conjugate or the negative of the bytes in the file.
  void check_no_pending_operation(const PickleValue& metadata) const {
    if (metadata.kind != Kind::kDictionary) return;
    for (std::size_t position = 1; position < metadata.items.size(); position += 2) {
      if (pickle_[metadata.items[position]].integer != 0) {
        fail_unsupported("a dense tensor", "a conjugated or negated view", "save tensor.resolve_conj().resolve_neg()");
      }
    }
  }

  c10::ScalarType dtype_of(const TensorRecord& record) const {
    std::string_view name = record.storage_type;
    for (const std::string_view module : {"torch.cuda.", "torch."}) {
      if (name.starts_with(module)) {
        name.remove_prefix(module.size());
        break;
      }
    }
    const NamedType* const type = std::find_if(std::begin(kStorageTypes), std::end(kStorageTypes),
                                               [&](const NamedType& known) { return known.name == name; });
    if (type == std::end(kStorageTypes)) {
      fail_unsupported("a dense tensor", "a storage of type " + quoted_text(record.storage_type),
                       "convert it: tensor.to(torch.float32) or tensor.to(torch.int64)");
    }
    return type->dtype;
  }

  Array placed(TensorRecord record) {
    Array array;
    array.dtype = dtype_of(record);
    const std::size_t size_of_item = item_bytes(array.dtype);
    const ZipMember* const member = archive_.find(folder_ + "data/" + record.storage_key);
    if (member == nullptr) {
      throw_data_error(where_, "a member " + quoted_text(folder_ + "data/" + record.storage_key),
                       "an archive without it");
    }
    const std::span<const std::byte> storage = verified_bytes(*member);
    const auto storage_items = static_cast<std::uint64_t>(record.storage_items);
    if (storage.size() % size_of_item != 0 || storage.size() / size_of_item != storage_items) {
      throw_data_error(where_, std::to_string(storage_items) + " stored elements",
                       std::to_string(storage.size()) + " bytes");
    }
    const std::optional<std::uint64_t> byte_count = array_bytes(array.dtype, record.shape);
    if (!byte_count) throw_data_error(where_, "a possible shape", shape_text(record.shape));
    if (*byte_count > storage.size()) {
      fail_unsupported("at most " + std::to_string(storage_items) + " elements, as stored",
                       "shape " + shape_text(record.shape), "an expanded tensor must be saved as tensor.contiguous()");
    }
    array.storage = archive_.file();
    if (*byte_count > 0) {
      check_reach(record);
      array.bytes = storage.subspan(static_cast<std::size_t>(record.offset) * size_of_item);
      if (is_contiguous(record)) {
        array.bytes = array.bytes.first(*byte_count);
      } else {
        make_contiguous(array, record, *byte_count);
      }
    }
    array.shape = std::move(record.shape);
    return array;
  }

  /// Checks that offset and strides stay inside the storage; strides of single elements, which no one uses, become 0.
  void check_reach(TensorRecord& record) const {
    std::int64_t last = record.offset;
    for (std::size_t axis = 0; axis < record.shape.size(); ++axis) {
      if (record.shape[axis] == 1) record.strides[axis] = 0;
      std::int64_t reach = 0;
      if (__builtin_mul_overflow(record.shape[axis] - 1, record.strides[axis], &reach) ||
          __builtin_add_overflow(last, reach, &last)) {
        last = record.storage_items;
        break;
      }
    }
    if (last >= record.storage_items) {
      throw_data_error(where_, "a tensor inside its " + std::to_string(record.storage_items) + " stored elements",
                       "shape " + shape_text(record.shape) + " with strides " + shape_text(record.strides));
    }
  }

  static bool is_contiguous(const TensorRecord& record) {
    const std::vector<std::int64_t> dense = row_major_strides(record.shape);
    for (std::size_t axis = 0; axis < record.shape.size(); ++axis) {
      if (record.shape[axis] != 1 && record.strides[axis] != dense[axis]) return false;
    }
    return true;
  }

  void make_contiguous(Array& array, const TensorRecord& record, std::uint64_t byte_count) {
    // Many tensors can share one storage: without a limit, a small file could ask for any number of copies of it.
    if (byte_count > copy_budget_bytes_) {
      throw_data_error(where_, "strided tensors no larger than the file", "more",
                       "save tensor.contiguous() for every tensor");
    }
    copy_budget_bytes_ -= byte_count;
    const std::shared_ptr<ScratchStorage> copy = scratch_.allocate(byte_count, where_);
    gather({array.bytes, item_bytes(array.dtype), record.shape, record.strides}, copy->writable_bytes(), [&] {
      copy->release_pages();
      archive_.file()->release_pages();
    });
    array.bytes = copy->bytes();
    array.storage = copy;
  }

  const ZipArchive& archive_;
  std::string path_;
  std::string folder_;
  std::unordered_set<const ZipMember*> verified_;
  Pickle pickle_;
  std::uint64_t copy_budget_bytes_;
  ScratchAllocator scratch_;
  /// The file and the key being read, for messages.
  std::string where_ = path_;
};

}  // namespace

bool is_pt(const ZipArchive& archive) noexcept {
  return find_pickle(archive) != nullptr;
}

std::vector<Array> read_pt(const ZipArchive& archive) {
  const std::string path = archive.file()->path().string();
  const ZipMember* const pickle_member = find_pickle(archive);
  if (pickle_member == nullptr) throw_data_error(path, "an archive with data.pkl", "one without");
  if (archive.find(folder_of(*pickle_member) + "constants.pkl") != nullptr) {
    throw_data_error(path, "a dictionary of tensors", "a TorchScript model", kAdvice);
  }
  return PtReader(archive, *pickle_member).read();
}

}  // namespace modattr
