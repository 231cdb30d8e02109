// SPDX-License-Identifier: Apache-2.0
#include "senses/gpu_look.h"

#include "base/log.h"
#include "senses/plain_text.h"
#include "wire/frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace lull::senses {

namespace {

constexpr std::chrono::seconds kLimit{10};
constexpr std::chrono::seconds kFirstDelay{30};
constexpr std::chrono::seconds kLongestDelay{3600};
constexpr std::size_t kLongestAnswer = 64 * 1024;
constexpr std::size_t kLongestComplaint = 4096;
constexpr int kTheirAnswer = 3;
constexpr int kNice = 5;
const GpuList kNonsense{.gpus = {}, .trouble = "lull-gpus told something that cannot be understood"};

// What loaders and drivers look at. Layers of other programs (overlays, recorders) stay out.
std::vector<std::string> driverEnvironment() {
  auto environment = process::fromEnvironment({"PATH", "HOME", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                                               "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CACHE_HOME",
                                               "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"});
  environment.emplace_back("VK_LOADER_LAYERS_DISABLE=~implicit~");
  return environment;
}

std::string lastLine(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const auto begin = text.rfind('\n');
  return plainText(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

std::string troubleOf(const process::Exit& exit, const std::string& complaint) {
  if (exit.signal != 0) return "a Vulkan driver crashed while GPUs were looked for: lull-gpus " + describe(exit);
  const std::string why = lastLine(complaint);
  return why.empty() ? "GPUs could not be looked for: lull-gpus " + describe(exit) : why;
}

// One frame, and nothing after it.
GpuList listFrom(std::string_view answer) {
  wire::FrameReader reader;
  reader.feed(answer);
  const auto frame = reader.next();
  v1::Status status;
  if (!frame || !*frame || !status.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size())) ||
      reader.hasPartialFrame()) {
    return kNonsense;
  }
  return {.gpus = {status.gpus().begin(), status.gpus().end()}, .trouble = {}};
}

bool anyUsable(const GpuList& list) {
  return std::any_of(list.gpus.begin(), list.gpus.end(), [](const auto& gpu) { return gpu.usable(); });
}

}  // namespace

GpuLook::GpuLook(asio::io_context& loop, const Doors& doors, std::function<void(GpuList)> found)
    : m_loop(loop),
      m_doors(doors),
      m_found(std::move(found)),
      m_limit(kLimit),
      m_tooLong(loop),
      m_again(loop),
      m_delay(kFirstDelay),
      m_answer(loop, kLongestAnswer),
      m_complaint(loop, kLongestComplaint) {}

void GpuLook::look() {
  m_wanted = m_child.has_value();
  if (m_wanted) return;
  m_again.cancel();
  m_life = std::make_shared<int>();
  auto answer = m_answer.open();
  auto complaint = m_complaint.open();
  if (!answer || !complaint) return finish({.gpus = {}, .trouble = (answer ? complaint : answer).error().text()});
  const process::Launch launch{.program = m_doors.gpusProgram,
                               .arguments = {"--fd", std::to_string(kTheirAnswer)},
                               .environment = driverEnvironment(),
                               .descriptors = {{.ours = answer->get(), .theirs = kTheirAnswer},
                                               {.ours = complaint->get(), .theirs = 1},
                                               {.ours = complaint->get(), .theirs = 2}},
                               .folder = m_doors.homeless,
                               .nice = kNice};
  auto child = process::Child::start(m_loop, launch, [this](const process::Exit& exit) { ended(exit); });
  if (!child) return finish({.gpus = {}, .trouble = child.error().text()});
  m_child = std::move(*child);
  m_tooLong.expires_after(m_limit);
  m_tooLong.async_wait([this, life = std::weak_ptr(m_life)](const std::error_code& error) {
    if (error || life.expired() || !m_child) return;
    const auto seconds = std::chrono::duration<double>(m_limit).count();
    finish({.gpus = {}, .trouble = fmt::format("a Vulkan driver hangs: it did not answer within {:g} s", seconds)});
  });
}

void GpuLook::ended(const process::Exit& exit) {
  const std::string answer = m_answer.close();
  const std::string complaint = m_complaint.close();
  if (!complaint.empty()) log::debug("lull-gpus: {}", lastLine(complaint));
  if (!exit.clean()) return finish({.gpus = {}, .trouble = troubleOf(exit, complaint)});
  finish(m_answer.overflown() ? kNonsense : listFrom(answer));
}

// Not waited for: a process that is stuck in a driver ends when it can.
void GpuLook::finish(GpuList list) {
  m_tooLong.cancel();
  m_child.reset();
  static_cast<void>(m_answer.close());
  static_cast<void>(m_complaint.close());
  if (!list.trouble.empty()) log::warning("{}", list.trouble);
  const bool usable = anyUsable(list);
  if (usable) m_delay = kFirstDelay;
  const bool wanted = std::exchange(m_wanted, false);
  m_found(std::move(list));
  if (wanted) return look();
  if (!usable) lookLater();
}

void GpuLook::lookLater() {
  m_again.expires_after(m_delay);
  m_again.async_wait([this, life = std::weak_ptr(m_life)](const std::error_code& error) {
    if (!error && !life.expired()) look();
  });
  m_delay = std::min(m_delay * 2, kLongestDelay);
}

}  // namespace lull::senses
