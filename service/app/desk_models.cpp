// SPDX-License-Identifier: Apache-2.0
// What clients ask about models.
#include "app/desk.h"
#include "model/memory_limits.h"
#include "model/processor.h"
#include "models/fit.h"

namespace lull::app {

void Desk::handle(const ipc::Caller&, const v1::AddModelRequest& request, ipc::Reply<v1::AddModelReply> reply) {
  m_stages.models.add(request, std::move(reply));
}

void Desk::handle(const ipc::Caller& caller, const v1::PutModelRequest& request, ipc::Reply<v1::PutModelReply> reply) {
  m_stages.models.put(caller.connection, request, std::move(reply));
}

void Desk::handle(const ipc::Caller&, const v1::ListModelsRequest&, ipc::Reply<v1::ListModelsReply> reply) {
  reply(m_stages.models.list());
}

void Desk::handle(const ipc::Caller&, const v1::GetModelRequest& request, ipc::Reply<v1::GetModelReply> reply) {
  auto model = m_stages.models.find(request.which());
  if (!model) return reply(model.error());
  v1::GetModelReply out;
  for (const auto& gpu : m_stages.senses.facts().gpus.value) {
    if (!gpu.usable() || (model::isProcessor(gpu) && m_stages.settings.values().sharing().cpu() == "never")) continue;
    auto& fit = *out.add_fits();
    const auto lent = model::lentBy(m_stages.settings.values(), gpu);
    fit = models::fitOf(model->header(), model::memoryLimits(gpu, lent).planned);
    fit.set_gpu(gpu.id());
    fit.set_gpu_name(gpu.name());
  }
  *out.mutable_model() = *std::move(model);
  reply(std::move(out));
}

void Desk::handle(const ipc::Caller&, const v1::RemoveModelRequest& request, ipc::Reply<v1::RemoveModelReply> reply) {
  m_stages.models.remove(request.which(), std::move(reply));
}

void Desk::handle(const ipc::Caller&, const v1::VerifyModelRequest& request, ipc::Reply<v1::VerifyModelReply> reply) {
  reply(m_stages.models.verify(request.which()));
}

}  // namespace lull::app
