// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/weights.h"

#include "runtimes/llama/training/floats.h"
#include "runtimes/worker/stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace lull::runtimes::llama::training {

namespace {

constexpr std::size_t kRun = 1 << 20;  // weights at once

std::uint64_t aligned(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

template <typename T>
void put(std::string& head, std::uint64_t at, T value) {
  std::memcpy(head.data() + at, &value, sizeof value);
}

worker::Failure unreadable(const std::string& technical) {
  return worker::failure(worker::Failure::KIND_WORKER_DIED, "llama.cpp wrote a model that cannot be read.", technical);
}

worker::Step writeTensor(const gguf::Tensor& wanted, const ModelFile& weights, const Sink& sink) {
  const auto* found = weights.tensor(wanted.name);
  const auto to = floatOf(wanted.type);
  const auto from = found != nullptr ? floatOf(found->type) : std::nullopt;
  if (!from || !to || found->weights != wanted.weights) return unreadable(wanted.name + " is not as it was");
  std::string in;
  std::string out;
  for (std::uint64_t done = 0; done < wanted.weights;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kRun, wanted.weights - done));
    in.resize(count * bytesOf(*from));
    const auto at = weights.layout().dataAt + found->offset + done * bytesOf(*from);
    if (auto read = weights.read(at, in.data(), in.size()); !read) return worker::fromStorage(read.error());
    if (!convert(in, *from, *to, out)) return diverged(wanted.name + " has weights that are no finite numbers");
    if (auto written = sink(out); !written) return written;
    done += count;
  }
  return worker::Done{};
}

}  // namespace

ModelFile::ModelFile(Fd fd, std::string name, gguf::Layout layout)
    : m_fd(std::move(fd)), m_name(std::move(name)), m_layout(std::move(layout)) {
  std::ranges::sort(m_layout.tensors, {}, &gguf::Tensor::offset);
}

Result<ModelFile> ModelFile::open(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fromErrno("open", path.native());
  auto source = gguf::fromFile(fd.get(), path.filename().native());
  if (!source) return source.error();
  auto layout = gguf::readLayout(*source);
  if (!layout) return layout.error();
  return ModelFile(std::move(fd), path.filename().native(), std::move(*layout));
}

const gguf::Tensor* ModelFile::tensor(const std::string& name) const {
  const auto found = std::ranges::find(m_layout.tensors, name, &gguf::Tensor::name);
  return found == m_layout.tensors.end() ? nullptr : &*found;
}

std::uint64_t ModelFile::weights() const {
  std::uint64_t sum = 0;
  for (const auto& tensor : m_layout.tensors) sum += tensor.weights;
  return sum;
}

Outcome ModelFile::read(std::uint64_t at, char* into, std::size_t count) const {
  while (count > 0) {
    const ssize_t n = ::pread(m_fd.get(), into, count, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", m_name);
    if (n == 0) return Error(Error::Kind::Io, m_name + " ended too early");
    into += n;
    at += static_cast<std::uint64_t>(n);
    count -= static_cast<std::size_t>(n);
  }
  return {};
}

std::uint64_t Form::bytes() const {
  return head.size() + (tensors.empty() ? 0 : tensors.back().offset + tensors.back().bytes);
}

Result<Form> formOf(const ModelFile& model) {
  const auto& layout = model.layout();
  Form out{.head = std::string(layout.dataAt, '\0'), .alignment = layout.alignment, .tensors = layout.tensors};
  if (auto read = model.read(0, out.head.data(), out.head.size()); !read) return read.error();
  return out;
}

Result<Form> formForTraining(const ModelFile& model, const Markers& markers) {
  auto out = formOf(model);
  if (!out) return out;
  std::uint64_t next = 0;
  for (auto& tensor : out->tensors) {
    tensor.type = static_cast<std::uint32_t>(Float::F32);
    tensor.bytes = tensor.weights * bytesOf(Float::F32);
    tensor.offset = next;
    next = aligned(next + tensor.bytes, out->alignment);
    put(out->head, tensor.typeAt, tensor.type);
    put(out->head, tensor.typeAt + sizeof tensor.type, tensor.offset);
  }
  for (const auto& marker : markers.all()) {
    out->head.replace(marker.word.textAt, marker.renamed.size(), marker.renamed);
    put(out->head, marker.word.typeAt, gguf::kUserWord);
  }
  return out;
}

std::string untrainable(const gguf::Layout& layout) {
  for (const auto& tensor : layout.tensors) {
    if (!floatOf(tensor.type)) return std::string(gguf::tensorType(tensor.type)->name);
  }
  return {};
}

worker::Step write(const Form& form, const ModelFile& weights, const Sink& sink) {
  if (auto written = sink(form.head); !written) return written;
  std::uint64_t at = 0;
  for (const auto& tensor : form.tensors) {
    if (auto padded = sink(std::string(tensor.offset - at, '\0')); !padded) return padded;
    if (auto written = writeTensor(tensor, weights, sink); !written) return written;
    at = tensor.offset + tensor.bytes;
  }
  return sink(std::string(aligned(at, form.alignment) - at, '\0'));
}

worker::Step writeFile(const Form& form, const ModelFile& weights, const std::filesystem::path& file) {
  const auto part = file.parent_path() / "part.gguf";
  Fd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return worker::fromStorage(fromErrno("create", part.native()));
  auto written = write(form, weights, [&](std::string_view bytes) -> worker::Step {
    if (auto out = worker::writeAll(fd.get(), bytes); !out) return worker::fromStorage(out.error());
    return worker::Done{};
  });
  if (!written) return written;
  if (::fsync(fd.get()) != 0) return worker::fromStorage(fromErrno("fsync", part.native()));
  if (::rename(part.c_str(), file.c_str()) != 0) return worker::fromStorage(fromErrno("rename to", file.native()));
  if (auto synced = syncFolder(file.parent_path()); !synced) return worker::fromStorage(synced.error());
  return worker::Done{};
}

worker::Failure diverged(const std::string& technical) {
  return worker::badTask("The training diverged: the model unlearned what it knew. Lower the learning rate.",
                         technical);
}

}  // namespace lull::runtimes::llama::training
