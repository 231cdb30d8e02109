// SPDX-License-Identifier: Apache-2.0
// Which GPUs are there? Asked of the Vulkan drivers in a short-lived process, lull-gpus: they may hang, crash or talk
// nonsense, and the service must not.
#pragma once

#include "lull/v1/status.pb.h"
#include "process/child.h"
#include "senses/senses.h"
#include "senses/tail.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::senses {

struct GpuList {
  std::vector<v1::Gpu> gpus;
  std::string trouble;  // why there is no list; empty: the drivers were asked and answered
};

class GpuLook {
public:
  // `found` is called on the loop after each look. While no usable GPU is found, it looks again by itself, ever more
  // seldom: drivers may be loaded late.
  GpuLook(asio::io_context& loop, const Doors& doors, std::function<void(GpuList)> found);

  // Looks (again). A look under way is finished first.
  void look();
  // How long a driver may take; tests are less patient.
  void setLimit(std::chrono::milliseconds limit) { m_limit = limit; }

private:
  void ended(const process::Exit& exit);
  void finish(GpuList list);
  void lookLater();

  asio::io_context& m_loop;
  Doors m_doors;
  std::function<void(GpuList)> m_found;
  std::chrono::milliseconds m_limit;
  asio::steady_timer m_tooLong;
  asio::steady_timer m_again;
  std::chrono::seconds m_delay;
  std::optional<process::Child> m_child;
  Tail m_answer;                                          // what lull-gpus tells
  Tail m_complaint;                                       // what drivers print
  bool m_wanted = false;                                  // once more, when this look is done
  std::shared_ptr<int> m_life = std::make_shared<int>();  // of one look: timers whose completion is queued find it gone
};

}  // namespace lull::senses
