// SPDX-License-Identifier: Apache-2.0
// Task files: the JSON mapping of TaskSpec, with inputs named by file.
#pragma once

#include "base/result.h"
#include "lull/v1/task.pb.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lull::cli {

// `name` stands for the file in errors: "mandelbrot.json:3:5: not JSON: …".
[[nodiscard]] Result<v1::TaskSpec> parseTask(std::string_view json, std::string_view name);

// All inputs of a task that name a file. The pointers live as long as the spec.
[[nodiscard]] std::vector<v1::Blob*> fileBlobs(v1::TaskSpec& spec);

// Where the files a task names are looked for, in this order: beside the task file (or in the working folder for
// standard input), $LULL_SAMPLES, the installed samples.
[[nodiscard]] std::vector<std::filesystem::path> searchFolders(const std::filesystem::path& besides);
// An absolute path is taken as it is. NotFound names every place that was looked at.
[[nodiscard]] Result<std::filesystem::path> findInput(const std::string& file,
                                                      const std::vector<std::filesystem::path>& folders);

}  // namespace lull::cli
