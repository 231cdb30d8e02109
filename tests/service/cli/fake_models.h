// SPDX-License-Identifier: Apache-2.0
// The store of models of the fake service.
#pragma once

#include "service/cli/fake_service.h"

namespace lull::test {

[[nodiscard]] Result<v1::AddModelReply> handle(FakeService::State& state, const v1::AddModelRequest& request);
[[nodiscard]] Result<v1::PutModelReply> handle(FakeService::State& state, const v1::PutModelRequest& request);
[[nodiscard]] Result<v1::ListModelsReply> handle(FakeService::State& state, const v1::ListModelsRequest& request);
[[nodiscard]] Result<v1::GetModelReply> handle(FakeService::State& state, const v1::GetModelRequest& request);
[[nodiscard]] Result<v1::RemoveModelReply> handle(FakeService::State& state, const v1::RemoveModelRequest& request);
[[nodiscard]] Result<v1::VerifyModelReply> handle(FakeService::State& state, const v1::VerifyModelRequest& request);

[[nodiscard]] v1::Model makeModel(const std::string& name, const std::string& sha256);

}  // namespace lull::test
