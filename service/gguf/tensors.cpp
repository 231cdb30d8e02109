// SPDX-License-Identifier: Apache-2.0
#include "gguf/tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lull::gguf {

namespace {

constexpr std::uint64_t kMostTensors = 65'536;
constexpr std::uint64_t kLongestName = 63;
constexpr std::uint64_t kSmallestEntry = 8 + 4 + 8 + 4 + 8;
constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

// False: the product does not fit.
[[nodiscard]] bool multiply(std::uint64_t& value, std::uint64_t by) {
  return !__builtin_mul_overflow(value, by, &value) && value <= kMost;
}

// False: the sum does not fit. `alignment` is a power of two.
[[nodiscard]] bool alignUp(std::uint64_t& value, std::uint64_t alignment) {
  if (value > kMost - alignment) return false;
  value = (value + alignment - 1) & ~(alignment - 1);
  return true;
}

}  // namespace

Tensor Tensors::readOne(Input& in) {
  Tensor out;
  out.name = in.text(kLongestName, kLongestName);
  const auto dimensions = in.number<std::uint32_t>();
  if (!in.failed() && (dimensions == 0 || dimensions > 4))
    in.fail(fmt::format("a tensor of {} dimensions", dimensions));
  for (std::uint32_t i = 0; i < dimensions && !in.failed(); ++i) {
    const auto width = in.number<std::uint64_t>();
    if (i == 0) out.row = width;
    if (!in.failed() && (width == 0 || !multiply(out.weights, width))) in.fail("a tensor of an impossible size");
  }
  out.typeAt = in.position();
  out.type = in.number<std::uint32_t>();
  out.offset = in.number<std::uint64_t>();
  if (in.failed()) return out;
  const auto type = tensorType(out.type);
  if (!type) {
    in.fail(fmt::format("weights of type {}, which this version of Lull does not know", out.type));
    return out;
  }
  if (out.row % type->weights != 0) in.fail(fmt::format("a tensor's rows do not fit its type {}", type->name));
  out.bytes = out.weights / type->weights;
  if (!multiply(out.bytes, type->bytes)) in.fail("a tensor of an impossible size");
  return out;
}

void Tensors::add(Input& in, Tensor tensor, std::uint64_t alignment) {
  if (tensor.name.empty()) return in.fail("a tensor has no name");
  if (!m_names.insert(tensor.name).second) return in.fail("two tensors have the same name");
  if (tensor.offset != m_next) {
    return in.fail(fmt::format("a tensor lies at {} where {} was expected", tensor.offset, m_next));
  }
  if (tensor.bytes > kMost - m_next) return in.fail("the tensors are larger than any file");
  m_end = m_next = m_next + tensor.bytes;
  if (!alignUp(m_next, alignment)) return in.fail("the tensors are larger than any file");
  m_bytes += tensor.bytes;  // ≤ m_end, so it fits
  if (tensor.name.starts_with("blk.")) m_layerBytes += tensor.bytes;
  m_weights += tensor.weights;
  m_weightsOf[tensor.type] += tensor.weights;
  if (m_end > in.size()) in.fail("the file is cut off: not all weights are in it");
  m_all.push_back(std::move(tensor));
}

void Tensors::read(Input& in, std::uint64_t count, std::uint64_t alignment) {
  if (count > kMostTensors) return in.fail(fmt::format("{} tensors: at most {} are allowed", count, kMostTensors));
  if (count > in.left() / kSmallestEntry) return in.fail("the file is cut off inside the list of tensors");
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    auto tensor = readOne(in);
    if (!in.failed()) add(in, std::move(tensor), alignment);
  }
  if (in.failed()) return;
  std::uint64_t data = in.position();
  if (!alignUp(data, alignment) || data > in.size() || m_end > in.size() - data) {
    in.fail(fmt::format("the file is cut off: of {} bytes of weights some are missing", m_end));
  }
}

std::string Tensors::mostlyType() const {
  const auto* most = std::ranges::max_element(m_weightsOf);
  if (*most == 0) return {};
  return std::string(tensorType(static_cast<std::uint32_t>(most - m_weightsOf.begin()))->name);
}

}  // namespace lull::gguf
