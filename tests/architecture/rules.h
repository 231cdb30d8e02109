// SPDX-License-Identifier: Apache-2.0
// Dependencies that must never exist, and why. Held by test_architecture.
#pragma once

#include <string>
#include <vector>

namespace lull::architecture {

struct Rule {
  std::string from;       // folder, relative to the source tree
  std::string forbidden;  // regular expression over the text between the quotes or brackets of an #include
  std::string reason;
};

struct Binary {
  std::string program;    // relative to the build tree
  std::string forbidden;  // regular expression over the names of the shared libraries it asks for
  std::string reason;
};

inline const std::vector<std::string> kStages{"senses", "policy", "conductor", "runtimes", "ledger", "models", "ipc"};

inline std::vector<Rule> rules() {
  const std::string qt = "^Q[A-Z]|^Qt[A-Z]|^qt";
  const std::string os =
      "^(sys|linux|asm|net|netinet|arpa)/|^(unistd|fcntl|poll|pthread|signal|dirent|spawn|pwd|grp)\\.h$";
  const std::string impure =
      os + "|^(fstream|iostream|filesystem|thread|mutex|future|condition_variable|ctime)$|^asio|base/file\\.h|process/";
  std::vector<Rule> out{
      {"shared", "^(app|model|senses|policy|conductor|runtimes|ledger|ipc|cli|process|bridge|models)/",
       "shared/ is linked by everyone and knows nobody"},
      {"shared", qt, "the service and the CLI link shared/: a TV box should not carry Qt for a daemon"},
      {"service", qt, "a TV box should not carry 50 MB of Qt for a daemon"},
      {"service", "^bridge/", "the service does not know the dashboard (whose models/ is beyond its include root)"},
      {"gui", "^(app|model|senses|policy|conductor|runtimes|ledger|ipc|cli|process)/",
       "the dashboard knows the service by its contract in shared/ only"},
      {"service/policy", impure, "policy is a pure function: it can be replayed from a log and tested from a table"},
      {"service/conductor", impure, "the conductor is a pure function: it can be replayed and tested from a table"},
      {"service/model", impure, "the model holds values only"},
      {"service/governor", "\\.pb\\.h$|^google/protobuf|^spdlog|^asio|^fmt|base/log\\.h|wire/",
       "the layer lives inside other people's programs: it brings nothing along"},
      {"service/governor/pacing", "^vulkan/|" + os, "what is cut and when is decided without a GPU, and tested so"},
      {"service/governor/spirv", "^vulkan/|" + os, "shaders are read without a GPU, and tested so"},
      {"service/gguf", "\\.pb\\.h$|^asio|^spdlog|base/log\\.h|process/",
       "what reads files that nobody vouches for is small, and fuzzed alone"},
      {"shared/governor", "\\.pb\\.h$|^google/protobuf|^spdlog|^asio|^fmt|base/",
       "the governor page is plain C++: it is read inside other people's programs"},
      {"service/app", "^runtimes/sandbox/", "only runtimes run what is not trusted; how is nobody's business outside"},
      {"service/app", "^vulkan/", "the service never loads a GPU driver"},
      {"service/senses/presence", "\\.pb\\.h$|^asio|^spdlog|^fmt|base/log\\.h",
       "the process that may read input is small enough to be read in one sitting"},
      {"service/cli", "^(app|model|senses|policy|conductor|runtimes|ledger|ipc)/",
       "the CLI is a client like any other: what it can do, the contract can do"},
  };
  for (const auto& stage : kStages) {
    for (const auto& other : kStages) {
      if (stage == other) continue;
      out.push_back({"service/" + stage, "^" + other + "/",
                     "stages share value types only (service/model); only service/app calls them, in order"});
    }
    out.push_back({"service/" + stage, "^app/", "data flows one way: app calls the stages, never the other way round"});
  }
  return out;
}

inline std::vector<Binary> binaries() {
  const std::string qt = "^libQt";
  const std::string vulkan = "^libvulkan";
  return {
      {"bin/lulld", qt, "a TV box should not carry 50 MB of Qt for a daemon"},
      {"bin/lulld", vulkan, "the service never loads a GPU driver: drivers hang and crash"},
      {"bin/lulld", "^libspdlog|^libfmt", "their shared libraries change name between Debian releases"},
      {"bin/lulld", "^libcurl", "lull-fetch is the one program with a network"},
      {"bin/lull-fetch", qt + "|^libprotobuf|^libasio|^libsqlite|^libspdlog|^libfmt",
       "what speaks to the network carries nothing else"},
      {"bin/lull", qt, "the CLI runs where no Qt is"},
      {"bin/lull", "^libcurl", "lull-fetch is the one program with a network"},
      {"bin/lull", vulkan, "the CLI asks lull-gpus, which may crash in its place"},
      {"bin/lull-presence", qt + "|^libprotobuf|" + vulkan,
       "the process that may read input carries nothing it does not need"},
      {"bin/lull-governor-check", qt + "|^libprotobuf|^libfmt", "what loads every driver carries nothing else"},
      {"bin/lull-inside", "^lib(?!c\\.so)", "it runs inside roots that have none of our libraries"},
      {"bin/lull-spirv", qt, "a worker runs where no Qt is"},
      {"bin/lull-llama", "^lib(?!(c|m)\\.so)", "it runs inside roots that have none of our libraries, but libc's"},
      {"lib/libVkLayer_lull_governor.so", "^lib(Qt|protobuf|spdlog|fmt|vulkan)",
       "the layer brings nothing into its host"},
  };
}

}  // namespace lull::architecture
