// SPDX-License-Identifier: Apache-2.0
// Brings the files a task names to the service.
#pragma once

#include "cli/session.h"
#include "lull/v1/task.pb.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace lull::cli {

class Uploads {
public:
  explicit Uploads(Session& session) : m_session(&session) {}
  // Uploads every file `spec` names and puts its hash in its place. What was sent before is not sent again.
  [[nodiscard]] Outcome resolve(v1::TaskSpec& spec, const std::vector<std::filesystem::path>& folders);

  struct Source {
    std::filesystem::path file;
    std::string name;  // for people
  };
  // The file's hash.
  [[nodiscard]] Result<std::string> upload(const Source& source);

private:
  [[nodiscard]] Outcome send(const Source& source, const std::string& sha256, std::uint64_t size);

  Session* m_session;
  std::set<std::string> m_sent;  // hashes
};

}  // namespace lull::cli
