// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/cpu_not_lent.h"

#include "model/processor.h"
#include "policy/rules/no_gpu.h"

#include <utility>

namespace lull::policy {

namespace {

v1::Reason reasonFor(std::string text, std::string value, std::string remedy) {
  v1::Reason reason;
  reason.set_rule(std::string(rule::kCpuNotLent));
  reason.set_limit(v1::LIMIT_EVICT);
  reason.set_text(std::move(text));
  reason.set_value(std::move(value));
  reason.set_setting("sharing.cpu");
  reason.set_remedy(std::move(remedy));
  return reason;
}

// The first GPU that may be used; nullptr: none.
const v1::Gpu* usableGpu(const Case& c) {
  for (const auto& device : c.facts.gpus.value) {
    if (!model::isProcessor(device) && !noGpu(c, device).reason) return &device;
  }
  return nullptr;
}

}  // namespace

Opinion cpuNotLent(const Case& c) {
  const auto& lent = c.settings.sharing().cpu();
  if (lent == "always") return {};
  if (lent != "no_gpu") {
    return {.reason = reasonFor("The processor is not lent", "never",
                                "Set sharing.cpu to “no_gpu” or “always” to lend it to tasks with a language model"),
            .changesAt = {}};
  }
  const auto* gpu = usableGpu(c);
  if (gpu == nullptr) return {};
  return {.reason = reasonFor("The processor is lent only where no GPU can be", gpu->name(),
                              "Set sharing.cpu to “always” to lend both"),
          .changesAt = {}};
}

Opinion cpuNotForOwnWork(const Case& c) {
  const auto* gpu = usableGpu(c);
  if (gpu == nullptr) return {};
  auto reason =
      reasonFor("The processor computes only where no GPU can", gpu->name(), "Nothing to do: the GPU does it");
  reason.clear_setting();
  return {.reason = std::move(reason), .changesAt = {}};
}

}  // namespace lull::policy
