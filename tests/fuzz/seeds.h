// SPDX-License-Identifier: Apache-2.0
// The end of all programs PROGRAM FOLDER that write what fuzzing begins with.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace lull::test {

// What main() returns.
inline int writeSeeds(int argc, char** argv, const std::vector<std::string>& seeds) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  int count = 0;
  for (const auto& seed : seeds) {
    std::ofstream(folder / ("seed" + std::to_string(count++)), std::ios::binary) << seed;
  }
  return 0;
}

}  // namespace lull::test
