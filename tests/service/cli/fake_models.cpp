// SPDX-License-Identifier: Apache-2.0
#include "service/cli/fake_models.h"

#include "base/sha256.h"

#include <algorithm>

namespace lull::test {

namespace {

using State = FakeService::State;
using Kind = Error::Kind;

Result<v1::Model*> find(State& state, const std::string& which) {
  for (auto& model : state.models) {
    const bool fits = which.empty() ? model.is_default() : model.name() == which || model.sha256().starts_with(which);
    if (fits) return &model;
  }
  return Error(Kind::NotFound, "there is no model “" + which + "”");
}

// Ends at once, as `state.transferEnds` says; the status tells it to whoever watches.
v1::ModelTransfer transferOf(State& state, const std::string& id, const v1::Model& model) {
  v1::ModelTransfer out;
  out.set_id(id);
  out.set_name(model.name());
  out.set_sha256(model.sha256());
  out.set_state(state.transferFails.empty() ? v1::ModelTransfer::STATE_DONE : v1::ModelTransfer::STATE_FAILED);
  out.set_text(state.transferFails);
  if (state.transferRuns) out.set_state(v1::ModelTransfer::STATE_CHECKING);
  state.status.mutable_models()->clear_transfers();
  *state.status.mutable_models()->add_transfers() = out;
  return out;
}

}  // namespace

v1::Model makeModel(const std::string& name, const std::string& sha256) {
  v1::Model out;
  out.set_name(name);
  out.set_sha256(sha256);
  out.set_bytes(397'000'000);
  out.set_hash_given(true);
  auto& header = *out.mutable_header();
  header.set_architecture("qwen2");
  header.set_parameters(494'000'000);
  header.set_quantisation("Q4_K");
  header.set_file_type("Q4_K_M");
  header.set_context_length(32'768);
  header.set_layers(24);
  header.set_licence("apache-2.0");
  header.set_has_chat_template(true);
  header.set_chat_template("{{ messages }}");
  return out;
}

Result<v1::AddModelReply> handle(State& state, const v1::AddModelRequest& request) {
  state.addedModel = request;
  v1::AddModelReply reply;
  if (auto known = find(state, request.sha256()); known && !request.sha256().empty()) {
    *reply.mutable_model() = **known;
    return reply;
  }
  auto model = makeModel(request.name().empty() ? "fetched" : request.name(), std::string(64, 'f'));
  model.set_hash_given(!request.sha256().empty());
  if (state.transferFails.empty()) state.models.push_back(model);
  *reply.mutable_transfer() = transferOf(state, "d-1", model);
  return reply;
}

Result<v1::PutModelReply> handle(State& state, const v1::PutModelRequest& request) {
  v1::PutModelReply reply;
  for (const auto& model : state.models) {
    if (model.sha256() == request.sha256()) *reply.mutable_model() = model;
  }
  if (reply.has_model()) return reply;
  auto& bytes = state.unfinishedBlobs[request.sha256()];
  if (request.offset() == bytes.size()) bytes += request.data();
  if (!request.data().empty()) ++state.blobChunks;
  reply.set_next_offset(bytes.size());
  if (bytes.size() < request.size()) return reply;
  if (sha256(bytes) != request.sha256()) return Error(Kind::Invalid, "the bytes do not match");
  auto model = makeModel(request.name().empty() ? request.origin() : request.name(), request.sha256());
  if (state.transferFails.empty()) state.models.push_back(model);
  *reply.mutable_transfer() = transferOf(state, "u-1", model);
  return reply;
}

Result<v1::ListModelsReply> handle(State& state, const v1::ListModelsRequest&) {
  v1::ListModelsReply reply;
  for (const auto& model : state.models) *reply.add_models() = model;
  *reply.mutable_transfers() = state.status.models().transfers();
  reply.set_max_bytes(51'200ULL << 20U);
  return reply;
}

Result<v1::GetModelReply> handle(State& state, const v1::GetModelRequest& request) {
  const auto model = find(state, request.which());
  if (!model) return model.error();
  v1::GetModelReply reply;
  *reply.mutable_model() = **model;
  auto& fit = *reply.add_fits();
  fit.set_gpu_name("Pretended GPU");
  fit.set_memory_bytes(3'000'000'000);
  fit.set_layers(24);
  fit.set_layers_on_gpu(state.modelFits ? 24 : 20);
  fit.set_text(state.modelFits ? "fits: needs about 1.2 GB"
                               : "does not fit: needs about 5.2 GB (20 of 24 layers would)");
  return reply;
}

Result<v1::RemoveModelReply> handle(State& state, const v1::RemoveModelRequest& request) {
  const auto model = find(state, request.which());
  if (!model) return model.error();
  if ((*model)->in_use()) return Error(Kind::Conflict, "a task needs this model");
  v1::RemoveModelReply reply;
  *reply.mutable_model() = **model;
  std::erase_if(state.models, [&](const auto& each) { return each.sha256() == reply.model().sha256(); });
  return reply;
}

Result<v1::VerifyModelReply> handle(State& state, const v1::VerifyModelRequest& request) {
  const auto model = find(state, request.which());
  if (!model) return model.error();
  v1::VerifyModelReply reply;
  *reply.mutable_transfer() = transferOf(state, "v-1", **model);
  return reply;
}

}  // namespace lull::test
