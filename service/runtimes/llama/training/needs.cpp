// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/needs.h"

#include "gguf/header.h"
#include "gguf/memory.h"
#include "runtimes/llama/fit.h"
#include "runtimes/llama/training/memory.h"
#include "runtimes/llama/training/plan.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>

namespace lull::runtimes::llama::training {

namespace {

constexpr std::uint32_t kWidestChosen = 1024;  // tokens

worker::Failure beyond(std::uint64_t needed, std::uint64_t limit, const std::string& whatToDo) {
  return worker::tooBig(fmt::format("Training this model needs {}, this device grants {}.{}", gguf::sizeText(needed),
                                    gguf::sizeText(limit), whatToDo),
                        fmt::format("{} bytes needed, {} granted", needed, limit));
}

}  // namespace

worker::Failure noModel(const Error& error) {
  return worker::badTask("The model cannot be read: the file is damaged, or of a kind that Lull does not know.",
                         error.text());
}

worker::Attempt<std::uint32_t> chooseWindow(const worker::v1::Start& start,
                                            const std::vector<std::uint64_t>& documents) {
  const auto header = gguf::readHeader(start.llama().model_file());
  if (!header) return noModel(header.error());
  const auto limit = start.memory_limit();
  std::uint32_t window = start.spec().llama_training().context();
  if (window % kWindowStep != 0) {
    return worker::badTask(fmt::format("A context of {} tokens is no multiple of {}: choose {}.", window, kWindowStep,
                                       (window / kWindowStep + 1) * kWindowStep));
  }
  if (window == 0) {
    const auto known = std::max<std::uint64_t>(header->contextLength, kWindowStep);
    window = windowFor(documents, static_cast<std::uint32_t>(std::min<std::uint64_t>(known, kWidestChosen)));
    while (limit > 0 && memoryFor(*header, window) > limit && window > kWindowStep) window -= kWindowStep;
  }
  if (const auto needed = memoryFor(*header, window); limit > 0 && needed > limit) {
    return beyond(needed, limit, window > kWindowStep ? " A smaller context needs less." : "");
  }
  return window;
}

worker::Step checkMemory(const worker::v1::Start& start, std::uint32_t window) {
  const auto header = gguf::readHeader(start.llama().model_file());
  if (!header) return noModel(header.error());
  const auto limit = start.memory_limit();
  const auto needed = memoryFor(*header, window);
  if (limit == 0 || needed <= limit) return worker::Done{};
  return beyond(needed, limit,
                fmt::format(" It began with a context of {} tokens, when more was granted. Lend as much again "
                            "({}), or submit it anew with a smaller context.",
                            window, lendingSetting(start.llama().on_cpu())));
}

// Two models lie there beside the one that llama-finetune writes, and the result.
worker::Step checkRoom(const std::filesystem::path& folder, std::uint64_t modelBytes) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return worker::fromStorage(fromErrno("look at", folder.native()));
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const auto needed = 3 * modelBytes;
  if (free >= needed) return worker::Done{};
  return worker::failure(worker::Failure::KIND_STORAGE,
                         fmt::format("The training needs {} of disk space, {} are free. Free some space.",
                                     gguf::sizeText(needed), gguf::sizeText(free)),
                         fmt::format("{} bytes needed, {} free", needed, free));
}

}  // namespace lull::runtimes::llama::training
