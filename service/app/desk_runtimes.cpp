// SPDX-License-Identifier: Apache-2.0
// What clients ask about the programs that compute tasks and are not Lull's own.
#include "app/desk.h"

namespace lull::app {

void Desk::handle(const ipc::Caller&, const v1::ListRuntimesRequest&, ipc::Reply<v1::ListRuntimesReply> reply) {
  reply(m_stages.images.list());
}

void Desk::handle(const ipc::Caller& caller, const v1::InstallRuntimeRequest& request,
                  ipc::Reply<v1::InstallRuntimeReply> reply) {
  // Where packages come from, and how old they may be, is decided by who decides that for the whole computer.
  const bool asItIs = request.mirror().empty() && !request.allow_expired();
  if (!asItIs && caller.right < v1::RIGHT_ADMINISTER) {
    return reply(Error(Error::Kind::Denied,
                       "only administrators choose a mirror or take an expired list of packages: do it with sudo"));
  }
  reply(m_stages.images.install(request));
}

void Desk::handle(const ipc::Caller&, const v1::VerifyRuntimeRequest& request,
                  ipc::Reply<v1::VerifyRuntimeReply> reply) {
  reply(m_stages.images.verify(request.which()));
}

void Desk::handle(const ipc::Caller&, const v1::RemoveRuntimeRequest& request,
                  ipc::Reply<v1::RemoveRuntimeReply> reply) {
  m_stages.images.remove(request.which(), std::move(reply));
}

}  // namespace lull::app
