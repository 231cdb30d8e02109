// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/why.h"

#include "base/file.h"
#include "cli/format.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

namespace lull::cli {

namespace {

namespace fs = std::filesystem;

// As execvp finds it.
std::optional<fs::path> fileOf(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* told = std::getenv("PATH");
  std::string_view path = told == nullptr ? "/bin:/usr/bin" : told;
  while (!path.empty()) {
    const auto end = std::min(path.find(':'), path.size());
    const auto file = fs::path(path.substr(0, end)) / program;
    if (::access(file.c_str(), X_OK) == 0) return file;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return std::nullopt;
}

struct Kind {
  unsigned char bits = 0;
  Elf64_Half machine = 0;
};
// The same fields lie at the same place in both sizes of ELF.
std::optional<Kind> kindOf(const fs::path& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  Elf64_Ehdr head{};
  if (!fd || ::read(fd.get(), &head, sizeof head) < static_cast<ssize_t>(sizeof(Elf32_Ehdr))) return std::nullopt;
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
  return Kind{.bits = head.e_ident[EI_CLASS], .machine = head.e_machine};
}

}  // namespace

std::string whyNotAttached(const std::string& program) {
  const auto file = fileOf(program);
  struct stat s {};
  if (file && ::stat(file->c_str(), &s) == 0 && (s.st_mode & (S_ISUID | S_ISGID)) != 0) {
    return "it is setuid or setgid, and the Vulkan loader takes no layers from the environment of such programs";
  }
  const auto theirs = file ? kindOf(*file) : std::nullopt;
  const auto ours = kindOf("/proc/self/exe");
  if (theirs && ours && (theirs->bits != ours->bits || theirs->machine != ours->machine)) {
    return "it was built for another kind of processor than the governor's layer";
  }
  return "it may use no Vulkan, or end before it did, or bring a loader or a sandbox of its own that ignores "
         "VK_LAYER_PATH and VK_INSTANCE_LAYERS. `lull doctor` tells whether the layer works here";
}

std::string whyWithheld(const v1::GovernedProgram& program) {
  const auto running = count(program.in_flight(), "slice", "slices") + " still ran";
  if (program.ungoverned() > 0) {
    return running + "; " + count(program.ungoverned(), "submission", "submissions") +
           " passed ungoverned because of what the governor does not know or cannot hold";
  }
  if (program.uncut() > 0) {
    return running + "; " + count(program.uncut(), "recording", "recordings") + " could not be cut";
  }
  return running + "; one work group of it takes so long, and nothing can stop that, or the driver hangs";
}

}  // namespace lull::cli
