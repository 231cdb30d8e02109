// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/no_gpu.h"

#include "model/processor.h"

#include <fmt/core.h>

namespace lull::policy {

namespace {

v1::Reason gpuReason(std::string text) {
  v1::Reason reason;
  reason.set_rule(std::string(rule::kNoGpu));
  reason.set_limit(v1::LIMIT_EVICT);
  reason.set_text(std::move(text));
  return reason;
}

v1::Reason notUsable(const v1::Gpu& gpu) {
  auto reason = gpuReason(fmt::format("{} cannot be used", gpu.name()));
  reason.set_value(gpu.why_not());
  reason.set_remedy("“lull doctor” says how to mend this");
  return reason;
}

v1::Reason onlySoftware(const v1::Gpu& gpu) {
  auto reason = gpuReason(fmt::format("{} is no GPU: it computes on the processor", gpu.name()));
  reason.set_value("software device");
  reason.set_setting("gpu.allow_software");
  reason.set_remedy("Install the driver of your GPU; or allow software devices with gpu.allow_software");
  return reason;
}

v1::Reason none(const std::string& trouble) {
  auto reason = gpuReason(trouble.empty() ? "This computer has no GPU with a Vulkan driver"
                                          : "The GPUs of this computer could not be looked for");
  reason.set_value(trouble.empty() ? "no Vulkan device" : trouble);
  reason.set_remedy(
      "Install the Vulkan driver of your GPU; “lull doctor” says which. Or lend the processor: sharing.cpu");
  return reason;
}

}  // namespace

Opinion noGpu(const Case& c, const v1::Gpu& gpu) {
  if (!gpu.usable()) return {.reason = notUsable(gpu), .changesAt = {}};
  if (gpu.type() == "software" && !c.settings.gpu().allow_software()) {
    return {.reason = onlySoftware(gpu), .changesAt = {}};
  }
  return {};
}

Opinion noGpuAtAll(const Case& c) {
  if (!c.facts.gpus.at) return {};
  Opinion first;
  for (const auto& gpu : c.facts.gpus.value) {
    if (model::isProcessor(gpu)) continue;
    Opinion opinion = noGpu(c, gpu);
    if (!opinion.reason) return {};
    if (!first.reason) first = std::move(opinion);
  }
  if (!first.reason) first.reason = none(c.facts.gpuTrouble);
  return first;
}

}  // namespace lull::policy
