// SPDX-License-Identifier: Apache-2.0
// Plays the service to one worker: starts it on the software GPU, speaks its protocol, owns its governor page.
#pragma once

#include "base/file.h"
#include "fakes/service_page.h"
#include "wire/frame.h"
#include "worker.pb.h"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::fakes {

using worker::v1::FromWorker;
inline constexpr std::chrono::seconds kPatience{180};  // what never takes this long, however slow the machine

// "NAME=value" for programs that use Vulkan in tests: the software driver, two threads, the build tree's layers and
// one shader cache. `layers` stand between the program and the driver, the first nearest to the program; without them
// it may choose by VK_INSTANCE_LAYERS.
[[nodiscard]] std::vector<std::string> vulkanEnvironment(const std::vector<std::string>& layers = {});
inline constexpr const char* kPretendedGpu = "VK_LAYER_LULL_pretended_gpu";      // tests/fakes/pretended_gpu
inline constexpr const char* kStrangeCommand = "VK_LAYER_LULL_strange_command";  // tests/fakes/strange_command
inline constexpr const char* kValidation = "VK_LAYER_KHRONOS_validation";  // of the package vulkan-validationlayers
[[nodiscard]] bool hasValidation();
// The software GPU's id.
[[nodiscard]] std::string softwareGpuId();
[[nodiscard]] std::filesystem::path buildFolder();
// <build>/<folder>/<name>.spv
[[nodiscard]] std::string kernelBytes(const std::filesystem::path& file);

class TestWorker {
public:
  struct Options {
    ServicePage* page = nullptr;  // nullptr: not governed
    bool layer = true;
    std::vector<std::string> environment;  // "NAME=value", added or instead
    std::string program = "lull-spirv";
  };
  TestWorker(const worker::v1::Start& start, const Options& options);
  ~TestWorker();  // kills it
  TestWorker(const TestWorker&) = delete;
  TestWorker& operator=(const TestWorker&) = delete;

  // The next message; nullopt when none comes in time or the worker has gone.
  [[nodiscard]] std::optional<FromWorker> next(std::chrono::milliseconds limit = kPatience);
  // Skips others; nullopt when the worker ends or time is up before one of this kind comes.
  [[nodiscard]] std::optional<FromWorker> nextOf(FromWorker::BodyCase kind,
                                                 std::chrono::milliseconds limit = kPatience);
  // Finished, Evicted or Failed.
  [[nodiscard]] std::optional<FromWorker> last(std::chrono::milliseconds limit = kPatience);
  void send(const worker::v1::ToWorker& message);
  void evict();
  void hangUp();  // the service is gone
  void kill();
  // The status of waitpid; nullopt when it still lives.
  [[nodiscard]] std::optional<int> waitExit(std::chrono::milliseconds limit = kPatience);
  [[nodiscard]] pid_t pid() const { return m_pid; }
  // User and system time so far, in clock ticks.
  [[nodiscard]] std::uint64_t cpuTicks() const;
  // User and system time of all its life; known after waitExit.
  [[nodiscard]] double cpuSeconds() const { return m_cpuSeconds; }

private:
  Fd m_socket;
  Fd m_pidFd;
  pid_t m_pid = -1;
  double m_cpuSeconds = 0;
  wire::FrameReader m_reader;
};

// A task's folders and the Start that names them.
class TaskFolders {
public:
  explicit TaskFolders(const std::filesystem::path& root);
  [[nodiscard]] worker::v1::Start startFor(const v1::SpirvTask& task) const;
  // Puts a blob there as the service would; gives its hash.
  std::string putBlob(std::string_view bytes) const;
  [[nodiscard]] std::filesystem::path checkpoint() const { return m_root / "work" / "checkpoint"; }
  [[nodiscard]] std::uint64_t bytesBeingSaved() const;  // of the next checkpoint, so far
  [[nodiscard]] std::string output(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> filesIn(const char* folder) const;

private:
  std::filesystem::path m_root;
};

}  // namespace lull::fakes
