// SPDX-License-Identifier: Apache-2.0
// The runtimes of the fake service.
#pragma once

#include "service/cli/fake_service.h"

namespace lull::test {

[[nodiscard]] Result<v1::ListRuntimesReply> handle(FakeService::State& state, const v1::ListRuntimesRequest& request);
[[nodiscard]] Result<v1::InstallRuntimeReply> handle(FakeService::State& state,
                                                     const v1::InstallRuntimeRequest& request);
[[nodiscard]] Result<v1::VerifyRuntimeReply> handle(FakeService::State& state, const v1::VerifyRuntimeRequest& request);
[[nodiscard]] Result<v1::RemoveRuntimeReply> handle(FakeService::State& state, const v1::RemoveRuntimeRequest& request);

[[nodiscard]] v1::Runtime makeRuntime(const std::string& version);

}  // namespace lull::test
