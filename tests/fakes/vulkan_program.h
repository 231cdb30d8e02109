// SPDX-License-Identifier: Apache-2.0
// A Vulkan program that is led by lines (tests/service/governor/host), under the governor or not.
#pragma once

#include "base/file.h"
#include "fakes/service_page.h"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lull::fakes {

class VulkanProgram {
public:
  // `environment`: "NAME=value", all it gets. A page is given as descriptors 4 and 5, whatever the environment says.
  VulkanProgram(std::vector<std::string> command, std::vector<std::string> environment, ServicePage* page);
  ~VulkanProgram();  // kills it
  VulkanProgram(const VulkanProgram&) = delete;
  VulkanProgram& operator=(const VulkanProgram&) = delete;

  void send(const std::string& line);
  // The next line it answers; nullopt when none comes in time.
  [[nodiscard]] std::optional<std::string> reply(std::chrono::milliseconds limit = std::chrono::seconds(60));
  [[nodiscard]] std::string ask(const std::string& line);  // "" without an answer
  [[nodiscard]] std::optional<int> waitExit(std::chrono::milliseconds limit = std::chrono::seconds(60));
  [[nodiscard]] pid_t pid() const { return m_pid; }

private:
  Fd m_in;
  Fd m_out;
  Fd m_pidFd;
  pid_t m_pid = -1;
  std::string m_buffer;
};

}  // namespace lull::fakes
