// SPDX-License-Identifier: Apache-2.0
#include "senses/senses.h"

#include "senses/gpu_look.h"
#include "senses/linux/network.h"
#include "senses/linux/processor.h"
#include "senses/owner_presence.h"
#include "senses/readings.h"

#include <asio/post.hpp>

#include <utility>

namespace lull::senses {

namespace {

class DeviceSenses final : public Senses {
public:
  DeviceSenses(asio::io_context& loop, const Clock& clock, const Doors& doors, std::function<void()> changed)
      : m_loop(loop),
        m_clock(clock),
        m_proc(doors.proc),
        m_changed(std::move(changed)),
        m_presence(loop, clock, doors, [this] { tellChanged(); }),
        m_readings(loop, clock, doors, [this] { tellChanged(); }),
        m_gpuLook(loop, doors, [this](GpuList list) { takeGpus(std::move(list)); }),
        m_network(loop, doors.systemBus, [this] { tellChanged(); }) {}

  void start() {
    inside([this] { m_presence.start(); });
    m_network.start();
  }
  void attend(Attention attention) override {
    inside([this, attention] { m_readings.attend(attention); });
  }
  void lookForGpus() override {
    inside([this] { m_gpuLook.look(); });
  }

  [[nodiscard]] model::Facts facts() const override {
    model::Facts facts;
    facts.now = m_clock.now();
    facts.presence = m_presence.presence();
    m_readings.tell(facts);
    facts.gpus = m_gpus;
    facts.gpuTrouble = m_gpuTrouble;
    facts.network = m_network.network();
    return facts;
  }

private:
  void takeGpus(GpuList list) {
    list.gpus.push_back(readProcessor(m_proc));  // last: it is what is left where no GPU is
    m_gpus = {.value = std::move(list.gpus), .at = m_clock.now().instant};
    m_gpuTrouble = std::move(list.trouble);
    tellChanged();
  }

  // What calls us is in the middle of a pass: it is told after it.
  template <typename Call>
  void inside(Call call) {
    m_inside = true;
    call();
    m_inside = false;
  }
  void tellChanged() {
    if (!m_inside) return m_changed();
    asio::post(m_loop, [this, life = std::weak_ptr(m_life)] {
      if (!life.expired()) m_changed();
    });
  }

  asio::io_context& m_loop;

  const Clock& m_clock;
  const std::filesystem::path m_proc;
  std::function<void()> m_changed;
  bool m_inside = false;
  std::shared_ptr<int> m_life = std::make_shared<int>();
  model::Aged<std::vector<v1::Gpu>> m_gpus;
  std::string m_gpuTrouble;
  OwnerPresence m_presence;
  Readings m_readings;
  GpuLook m_gpuLook;
  NetworkWatch m_network;
};

Outcome check(const Doors& doors) {
  for (const auto* program : {&doors.presenceProgram, &doors.gpusProgram}) {
    if (program->empty()) return Error(Error::Kind::Internal, "the senses were not told where their programs are");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Senses>> Senses::create(asio::io_context& loop, const Clock& clock, const Doors& doors,
                                               std::function<void()> changed) {
  if (auto checked = check(doors); !checked) return checked.error();
  auto senses = std::make_unique<DeviceSenses>(loop, clock, doors, std::move(changed));
  senses->start();
  return std::unique_ptr<Senses>(std::move(senses));
}

}  // namespace lull::senses
