// SPDX-License-Identifier: Apache-2.0
// Bringing a model to the service, and waiting until it is there.
#pragma once

#include "cli/session.h"
#include "lull/v1/model.pb.h"

#include <filesystem>
#include <string>

namespace lull::cli {

struct ModelFile {
  std::filesystem::path file;
  std::string name;    // empty: the file's
  std::string sha256;  // it must have; empty: not told
};
// Sends a file; goes on where an earlier attempt stopped. Either the model is there already, or `transfer` is to be
// waited for.
[[nodiscard]] Result<v1::PutModelReply> sendModel(Session& session, const ModelFile& wanted);

// Shows progress until the transfer has ended. Done, or an error with what went wrong.
[[nodiscard]] Result<v1::ModelTransfer> waitForTransfer(Session& session, v1::ModelTransfer transfer);

// "1.2 GB of 4.7 GB, 12 MB/s, 5 min left".
[[nodiscard]] std::string progressText(const v1::ModelTransfer& transfer);

}  // namespace lull::cli
