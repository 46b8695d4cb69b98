// A stand-in for a GPU, so that `--device cuda` is tested where there is none: a library to preload (LD_PRELOAD), which
// registers a CUDA device in a libtorch 1.13 that was built without CUDA. Its memory and its kernels are the
// processor's, but what a GPU refuses is refused: operations on tensors of two devices (a number in a tensor without
// dimensions may come from the processor), and kernels that libtorch has not been told to be exact and deterministic.
// It says nothing of a GPU's rounding, speed or order of work.
//
// The file that the environment's MODATTR_EMULATED_GPU_REPORT names holds what has gone between the devices, as the
// five numbers of 64 bits of `Transfers`. Blocks above MODATTR_EMULATED_GPU_BLOCK bytes do not fit into its memory.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

namespace {

const c10::Device kGpu(c10::DeviceType::CUDA, 0);

/// What went between the devices.
struct Transfers {
  std::atomic<std::uint64_t> to_device;
  std::atomic<std::uint64_t> bytes_to_device;
  /// Of those to the device, from memory that a GPU could not read while the processor goes on.
  std::atomic<std::uint64_t> unpinned;
  std::atomic<std::uint64_t> to_host;
  std::atomic<std::uint64_t> bytes_to_host;
};

/// In the report's file, which so is complete however the process ends.
Transfers& transfers() {
  static Transfers& all = [&]() -> Transfers& {
    static Transfers nowhere;
    const char* const path = std::getenv("MODATTR_EMULATED_GPU_REPORT");
    const int file = path == nullptr ? -1 : open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || ftruncate(file, sizeof(Transfers)) != 0) return nowhere;
    void* const memory = mmap(nullptr, sizeof(Transfers), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? nowhere : *static_cast<Transfers*>(memory);
  }();
  return all;
}

class DeviceGuard final : public c10::impl::DeviceGuardImplInterface {
 public:
  c10::DeviceType type() const override { return kGpu.type(); }
  c10::Device exchangeDevice(c10::Device /*device*/) const override { return kGpu; }
  c10::Device getDevice() const override { return kGpu; }
  void setDevice(c10::Device /*device*/) const override {}
  void uncheckedSetDevice(c10::Device /*device*/) const noexcept override {}
  c10::Stream getStream(c10::Device device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, device);
  }
  c10::Stream getDefaultStream(c10::Device device) const override { return getStream(device); }
  c10::Stream exchangeStream(c10::Stream /*stream*/) const noexcept override { return getStream(kGpu); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void destroyEvent(void* /*event*/, const c10::DeviceIndex /*device*/) const noexcept override {}
  void record(void** event, const c10::Stream& /*stream*/, const c10::DeviceIndex /*device*/,
              const c10::EventFlag /*flag*/) const override {
    *event = nullptr;
  }
  void block(void* /*event*/, const c10::Stream& /*stream*/) const override {}
  bool queryEvent(void* /*event*/) const override { return true; }
  bool queryStream(const c10::Stream& /*stream*/) const override { return true; }
  void synchronizeStream(const c10::Stream& /*stream*/) const override {}
  void recordDataPtrOnStream(const c10::DataPtr& /*data*/, const c10::Stream& /*stream*/) const override {}
};

class DeviceAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t byte_count) const override {
    const char* const most = std::getenv("MODATTR_EMULATED_GPU_BLOCK");
    if (most != nullptr && byte_count > std::strtoull(most, nullptr, 10)) {
      TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", byte_count,
                       " bytes (GPU 0; 1.00 GiB total capacity) If reserved memory is >> allocated memory");
    }
    void* const data = byte_count == 0 ? nullptr : std::malloc(byte_count);
    return {data, data, &std::free, kGpu};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
};

/// Memory of the processor that a GPU may read by itself.
class PinnedAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t byte_count) const override {
    void* const data = std::malloc(std::max<std::size_t>(byte_count, 1));
    const std::lock_guard lock(mutex());
    blocks().insert(data);
    return {data, data, &release, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  static bool holds(const void* data) {
    const std::lock_guard lock(mutex());
    return blocks().count(const_cast<void*>(data)) > 0;
  }

 private:
  static void release(void* data) {
    {
      const std::lock_guard lock(mutex());
      blocks().erase(data);
    }
    std::free(data);
  }
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  static std::set<void*>& blocks() {
    static std::set<void*> all;
    return all;
  }
};

DeviceAllocator device_allocator;
PinnedAllocator pinned_allocator;

bool is_on_device(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device() == kGpu;
}

/// The same memory, as a tensor of the processor.
at::Tensor on_host(const at::Tensor& tensor) {
  const auto options = at::TensorOptions().dtype(tensor.scalar_type()).device(at::kCPU);
  if (tensor.numel() == 0) return at::empty_strided(tensor.sizes(), tensor.strides(), options);
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(), options);
}

at::Tensor empty_strided(c10::IntArrayRef sizes, c10::IntArrayRef strides, c10::optional<at::ScalarType> type,
                         c10::optional<at::Layout> /*layout*/, c10::optional<at::Device> /*device*/,
                         c10::optional<bool> /*is_pinned*/) {
  return at::detail::empty_strided_generic(sizes, strides, &device_allocator,
                                           c10::DispatchKeySet(c10::DispatchKey::CUDA), c10::dtype_or_default(type));
}

at::Tensor empty(c10::IntArrayRef sizes, c10::optional<at::ScalarType> type, c10::optional<at::Layout> /*layout*/,
                 c10::optional<at::Device> /*device*/, c10::optional<bool> /*is_pinned*/,
                 c10::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &device_allocator, c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                   c10::dtype_or_default(type), format);
}

const at::Tensor& resize_storage(const at::Tensor& tensor, c10::IntArrayRef sizes,
                                 c10::optional<at::MemoryFormat> /*format*/) {
  const std::size_t byte_count =
      static_cast<std::size_t>(c10::multiply_integers(sizes)) * static_cast<std::size_t>(tensor.itemsize());
  c10::Storage storage = tensor.storage();
  const std::size_t offset =
      static_cast<std::size_t>(tensor.storage_offset()) * static_cast<std::size_t>(tensor.itemsize());
  if (offset + byte_count > storage.nbytes()) {
    c10::DataPtr grown = device_allocator.allocate(offset + byte_count);
    if (storage.nbytes() > 0) std::memcpy(grown.get(), storage.data(), storage.nbytes());
    storage.set_data_ptr_noswap(std::move(grown));
    storage.set_nbytes(offset + byte_count);
  }
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(sizes);
  return tensor;
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& source, bool /*is_non_blocking*/) {
  const bool is_from = is_on_device(source);
  const bool is_to = is_on_device(self);
  if (is_to && !is_from) {
    ++transfers().to_device;
    transfers().bytes_to_device += self.nbytes();
    if (!PinnedAllocator::holds(source.storage().data())) ++transfers().unpinned;
  } else if (is_from && !is_to) {
    ++transfers().to_host;
    transfers().bytes_to_host += self.nbytes();
  }
  at::Tensor target = is_to ? on_host(self) : self;
  target.copy_(is_from ? on_host(source) : source);
  return self;
}

at::Scalar number_of(const at::Tensor& self) {
  ++transfers().to_host;
  transfers().bytes_to_host += self.nbytes();
  return at::_local_scalar_dense(on_host(self));
}

bool is_pinned(const at::Tensor& self, c10::optional<at::Device> /*device*/) {
  return PinnedAllocator::holds(self.storage().data());
}

at::Tensor pin_memory(const at::Tensor& self, c10::optional<at::Device> /*device*/) {
  at::Tensor pinned = at::detail::empty_strided_generic(self.sizes(), self.strides(), &pinned_allocator,
                                                        c10::DispatchKeySet(c10::DispatchKey::CPU), self.scalar_type());
  pinned.copy_(self);
  return pinned;
}

/// What libtorch runs on GPUs instead of single operations.
std::tuple<at::Tensor, at::Tensor> fused_gru_cell(const at::Tensor& input, const at::Tensor& hidden,
                                                  const at::Tensor& state, const c10::optional<at::Tensor>& input_bias,
                                                  const c10::optional<at::Tensor>& hidden_bias) {
  const auto with_bias = [](const at::Tensor& gates, const c10::optional<at::Tensor>& bias) {
    return (bias && bias->defined() ? gates + *bias : gates).chunk(3, 1);
  };
  const std::vector<at::Tensor> x = with_bias(input, input_bias);
  const std::vector<at::Tensor> h = with_bias(hidden, hidden_bias);
  const at::Tensor update = (x[1] + h[1]).sigmoid();
  const at::Tensor candidate = (x[2] + (x[0] + h[0]).sigmoid() * h[2]).tanh();
  return {(state - candidate) * update + candidate, at::Tensor()};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> fused_lstm_cell(const at::Tensor& input, const at::Tensor& hidden,
                                                               const at::Tensor& state,
                                                               const c10::optional<at::Tensor>& input_bias,
                                                               const c10::optional<at::Tensor>& hidden_bias) {
  at::Tensor sum = input + hidden;
  if (input_bias && input_bias->defined()) sum = sum + *input_bias;
  if (hidden_bias && hidden_bias->defined()) sum = sum + *hidden_bias;
  const std::vector<at::Tensor> gates = sum.chunk(4, 1);
  const at::Tensor next = gates[1].sigmoid() * state + gates[0].sigmoid() * gates[2].tanh();
  return {gates[3].sigmoid() * next.tanh(), next, at::Tensor()};
}

/// Runs an operation by its kernel of the processor.
class HostCall {
 public:
  HostCall(const c10::OperatorHandle& operation, torch::jit::Stack& stack) : operation_(operation), stack_(stack) {}

  void run() {
    const at::Context& context = at::globalContext();
    const bool is_exact = !context.allowTF32CuBLAS() && !context.allowTF32CuDNN();
    const bool is_deterministic = context.deterministicAlgorithms() && context.deterministicCuDNN() &&
                                  !context.benchmarkCuDNN() && std::getenv("CUBLAS_WORKSPACE_CONFIG") != nullptr;
    if (!is_exact || !is_deterministic) throw std::runtime_error("Expected kernels that are exact and deterministic");
    const std::size_t argument_count = operation_.schema().arguments().size();
    for (std::size_t place = 0; place < argument_count; ++place) {
      c10::IValue& argument = torch::jit::peek(stack_, place, argument_count);
      if (argument.isTensor()) {
        argument = host(argument.toTensor());
      } else if (argument.isTensorList()) {
        std::vector<at::Tensor> list;
        for (const at::Tensor& tensor : argument.toTensorVector()) list.push_back(host(tensor));
        argument = std::move(list);
      } else if (argument.isOptionalTensorList()) {
        c10::List<c10::optional<at::Tensor>> list;
        for (const c10::optional<at::Tensor>& tensor : argument.toOptionalTensorVector()) {
          list.push_back(tensor ? c10::optional<at::Tensor>(host(*tensor)) : c10::nullopt);
        }
        argument = std::move(list);
      } else if (argument.isDevice()) {
        argument = at::Device(at::kCPU);
      }
    }
    operation_.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), &stack_);
    for (const auto& [original, used] : arguments_) write_back(original, used);
    const std::size_t result_count = operation_.schema().returns().size();
    for (std::size_t place = 0; place < result_count; ++place) {
      c10::IValue& result = torch::jit::peek(stack_, place, result_count);
      if (result.isTensor()) {
        result = device(result.toTensor());
      } else if (result.isTensorList()) {
        std::vector<at::Tensor> list;
        for (const at::Tensor& tensor : result.toTensorVector()) list.push_back(device(tensor));
        result = std::move(list);
      }
    }
  }

 private:
  at::Tensor host(const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    if (!is_on_device(tensor)) {
      if (tensor.dim() == 0) return tensor;
      throw std::runtime_error("Expected all tensors to be on the same device, but " +
                               c10::toString(operation_.operator_name()) + " got one on " + tensor.device().str());
    }
    arguments_.emplace_back(tensor, on_host(tensor));
    return arguments_.back().second;
  }

  /// What the kernel made of an argument that it could not write to in place.
  static void write_back(const at::Tensor& original, const at::Tensor& used) {
    if (original.numel() == used.numel() && original.sizes() == used.sizes()) return;
    resize_storage(original, used.sizes(), c10::nullopt);
    on_host(original).copy_(used);
  }

  at::Tensor device(const at::Tensor& result) const {
    if (!result.defined()) return result;
    for (const auto& [original, used] : arguments_) {
      if (result.is_same(used)) return original;
    }
    for (const auto& [original, used] : arguments_) {
      // A view of an argument.
      if (result.numel() == 0 || used.numel() == 0 || result.storage().data() != used.storage().data()) continue;
      return original.as_strided(result.sizes(), result.strides(), original.storage_offset() + result.storage_offset());
    }
    const at::Tensor made = empty_strided(result.sizes(), result.strides(), result.scalar_type(), {}, {}, {});
    on_host(made).copy_(result);
    return made;
  }

  const c10::OperatorHandle& operation_;
  torch::jit::Stack& stack_;
  /// Each with the tensor that stands for it.
  std::vector<std::pair<at::Tensor, at::Tensor>> arguments_;
};

void run_on_host(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  HostCall(operation, *stack).run();
}

}  // namespace

namespace at {
namespace {

class CUDAHooks final : public CUDAHooksInterface {
 public:
  explicit CUDAHooks(CUDAHooksArgs /*arguments*/) {}

  void initCUDA() const override {}
  bool hasCUDA() const override { return true; }
  bool hasPrimaryContext(std::int64_t /*device*/) const override { return true; }
  std::int64_t current_device() const override { return 0; }
  int getNumGPUs() const override { return 1; }
  bool isPinnedPtr(void* data) const override { return PinnedAllocator::holds(data); }
  Allocator* getPinnedMemoryAllocator() const override { return &pinned_allocator; }
  Allocator* getCUDADeviceAllocator() const override { return &device_allocator; }
  Device getDeviceFromPtr(void* /*data*/) const override { return kGpu; }
  void deviceSynchronize(std::int64_t /*device*/) const override {}
};

// By this name libtorch looks for the hooks.
REGISTER_CUDA_HOOKS(CUDAHooks)

}  // namespace
}  // namespace at

C10_REGISTER_GUARD_IMPL(CUDA, DeviceGuard)

TORCH_LIBRARY_IMPL(_, CUDA, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_host>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("resize_", resize_storage);
  library.impl("copy_", copy);
  library.impl("_local_scalar_dense", number_of);
  library.impl("as_strided", at::native::as_strided_tensorimpl);
  library.impl("view", at::native::view);
  library.impl("_reshape_alias", at::native::_reshape_alias);
  library.impl("is_pinned", is_pinned);
  library.impl("_pin_memory", pin_memory);
}

// With derivatives: those of the operations that they are made of.
TORCH_LIBRARY_IMPL(aten, AutogradCUDA, library) {
  library.impl("_thnn_fused_gru_cell", fused_gru_cell);
  library.impl("_thnn_fused_lstm_cell", fused_lstm_cell);
}

TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  library.impl("_thnn_fused_gru_cell", fused_gru_cell);
  library.impl("_thnn_fused_lstm_cell", fused_lstm_cell);
}
