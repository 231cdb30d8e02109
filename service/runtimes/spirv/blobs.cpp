// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/blobs.h"

#include "base/file.h"
#include "base/sha256.h"
#include "runtimes/worker/output_file.h"
#include "runtimes/worker/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace lull::spirv {

namespace {

constexpr std::size_t kMostSmallInput = 64ULL << 20U;

Attempt<std::filesystem::path> fileOf(const v1::Blob& blob, const std::filesystem::path& folder) {
  if (blob.has_sha256() && isSha256(blob.sha256())) return folder / blob.sha256();
  return badTask("An input of the task does not say what it is.", "neither inline bytes nor a SHA-256");
}

Step tooLarge(const v1::Buffer& buffer, std::uint64_t bytes) {
  return badTask("An input of the task is larger than its buffer.", "buffer " + std::to_string(buffer.binding()) +
                                                                        " of " + std::to_string(buffer.size()) +
                                                                        " bytes, input of " + std::to_string(bytes));
}

Attempt<std::uint64_t> fillFromFile(Buffers& buffers, std::size_t index, const v1::Buffer& description,
                                    const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat file {};
  if (!fd || ::fstat(fd.get(), &file) != 0) return fromStorage(fromErrno("open", path.native()));
  const auto bytes = static_cast<std::uint64_t>(file.st_size);
  if (bytes > description.size()) return tooLarge(description, bytes).failure();
  std::uint64_t at = 0;
  auto filled = worker::readInRuns(fd.get(), bytes, [&](std::string_view run) {
    const std::uint64_t to = std::exchange(at, at + run.size());
    return buffers.write(index, to, run);
  });
  if (!filled) return filled.failure();
  return bytes;
}

}  // namespace

Attempt<std::string> readBlob(const v1::Blob& blob, const std::filesystem::path& folder) {
  if (blob.has_inline_()) return blob.inline_();
  const auto path = fileOf(blob, folder);
  if (!path) return path.failure();
  auto bytes = readFile(*path, kMostSmallInput);
  if (!bytes) return fromStorage(bytes.error());
  return std::move(*bytes);
}

Step fill(Buffers& buffers, std::size_t index, const v1::Buffer& description, const std::filesystem::path& folder) {
  std::uint64_t filled = 0;
  if (description.has_input() && description.input().has_inline_()) {
    const std::string& bytes = description.input().inline_();
    if (bytes.size() > description.size()) return tooLarge(description, bytes.size());
    if (auto written = buffers.write(index, 0, bytes); !written) return written;
    filled = bytes.size();
  } else if (description.has_input()) {
    const auto path = fileOf(description.input(), folder);
    if (!path) return path.failure();
    const auto bytes = fillFromFile(buffers, index, description, *path);
    if (!bytes) return bytes.failure();
    filled = *bytes;
  }
  return buffers.clear(index, filled);
}

Attempt<v1::Output> writeOutput(Buffers& buffers, std::size_t index, const std::string& name,
                                const std::filesystem::path& folder) {
  auto file = worker::OutputFile::create(folder, name);
  if (!file) return file.failure();
  auto written = buffers.read(index, [&](std::string_view run) { return file->write(run); });
  if (!written) return written.failure();
  return file->finish();
}

}  // namespace lull::spirv
