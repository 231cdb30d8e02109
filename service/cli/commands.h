// SPDX-License-Identifier: Apache-2.0
// Every command of `lull`: what it was told, and what it does. No command line parser here: see command_line.h.
#pragma once

#include "cli/chat/history.h"
#include "cli/session.h"
#include "cli/when.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::cli {

[[nodiscard]] Answer status(Session& session);
[[nodiscard]] Answer watch(Session& session);
[[nodiscard]] Answer why(Session& session);

struct SubmitOptions {
  std::vector<std::string> files;  // "-": standard input
  std::string name;                // empty: the file's
  std::optional<int> priority;
  bool wait = false;
  std::filesystem::path outputFolder;  // empty: results stay with the service; else implies wait
};
[[nodiscard]] Answer submit(Session& session, const SubmitOptions& options);

struct TasksOptions {
  std::vector<std::string> states;  // words of stateWord; empty: every state
  bool all = false;
  std::uint32_t most = 20;
};
[[nodiscard]] Answer tasks(Session& session, const TasksOptions& options);
[[nodiscard]] Answer task(Session& session, const std::string& id);
[[nodiscard]] Answer cancel(Session& session, const std::vector<std::string>& ids);

struct ResultOptions {
  std::string id;
  std::string name;         // empty: the only one, or all of them into a folder
  std::string destination;  // a file, "-" or a folder; empty: the working folder
};
[[nodiscard]] Answer result(Session& session, const ResultOptions& options);

[[nodiscard]] Answer pause(Session& session, const std::vector<std::string>& words);
[[nodiscard]] Answer resume(Session& session);
[[nodiscard]] Answer share(Session& session, bool on);

[[nodiscard]] Answer listSettings(Session& session, const std::string& prefix);
[[nodiscard]] Answer getSetting(Session& session, const std::string& key);
[[nodiscard]] Answer setSetting(Session& session, const std::string& key, const std::string& value);
[[nodiscard]] Answer resetSetting(Session& session, const std::string& keyOrNone, bool all);

struct HistoryOptions {
  std::string series;  // "gpu-seconds", "temperature", "credits", "give-back"
  std::string since = "24h";
  std::uint32_t points = 60;
};
[[nodiscard]] Answer history(Session& session, const HistoryOptions& options);
[[nodiscard]] Answer ledger(Session& session, std::uint32_t most);
[[nodiscard]] Answer log(Session& session, std::uint32_t lines, bool follow);

struct AddModelOptions {
  std::string source;  // a file or an address
  std::string name;    // empty: the source's
  std::string sha256;  // empty: whatever comes is taken
  bool leave = false;  // do not wait for the end
};
[[nodiscard]] Answer addModel(Session& session, const AddModelOptions& options);
[[nodiscard]] Answer listModels(Session& session);
// `which`: a name or hash; empty: the default, or the only one.
[[nodiscard]] Answer showModel(Session& session, const std::string& which, bool chatTemplate);
[[nodiscard]] Answer removeModels(Session& session, const std::vector<std::string>& which);
[[nodiscard]] Answer verifyModel(Session& session, const std::string& which);
[[nodiscard]] Answer defaultModel(Session& session, const std::string& which);

struct BatchOptions {
  std::string requests;  // a file; "-": standard input
  std::string model;     // a name or hash; empty: the default one
  std::string results;   // a file; "-": standard output; empty: they stay with the service
  std::string name;      // empty: the file's
  std::uint32_t context = 0;
  std::uint32_t parallel = 0;
  std::optional<int> priority;
  bool own = false;
  bool detach = false;
  bool force = false;
};
[[nodiscard]] Answer runBatch(Session& session, const BatchOptions& options);
struct BatchWaitOptions {
  std::string id;
  std::string results;
  bool force = false;
};
[[nodiscard]] Answer waitForBatch(Session& session, const BatchWaitOptions& options);

struct InstallOptions {
  std::string name;    // "llama"
  std::string mirror;  // empty: the computer's
  bool allowExpired = false;
  bool leave = false;  // do not wait for the end
};
[[nodiscard]] Answer listRuntimes(Session& session);
[[nodiscard]] Answer installRuntime(Session& session, const InstallOptions& options);
// `which`: a version, or "llama": the one that tasks use.
[[nodiscard]] Answer verifyRuntime(Session& session, const std::string& which);
[[nodiscard]] Answer removeRuntimes(Session& session, const std::vector<std::string>& which);
struct TrainOptions {
  std::string data;    // a file; "-": standard input
  std::string model;   // a name or hash; empty: the default one
  std::string result;  // a file; empty: it stays with the service
  std::string add;     // add the result to the models under this name
  std::string format;  // "text", "chats"; empty: by the file
  std::string name;    // empty: the file's
  std::uint32_t epochs = 0;
  double learningRate = 0;
  std::uint32_t context = 0;
  std::uint32_t seed = 0;
  double heldOut = 0;
  std::optional<int> priority;
  bool own = false;
  bool detach = false;
  bool force = false;
};
[[nodiscard]] Answer train(Session& session, const TrainOptions& options);

struct ChatOptions {
  std::vector<std::string> words;  // of the question; empty: standard input, or a person talks
  std::string model;               // a name or hash; empty: the default one
  std::string system;
  Sampling sampling;
  bool hideThinking = false;
};
[[nodiscard]] Answer chat(Session& session, const ChatOptions& options);

[[nodiscard]] Answer doctor(Session& session);

struct GovernorOptions {
  std::vector<std::string> command;
  std::uint32_t dutyPercent = 100;
  std::string memory;  // empty: no limit
  double sliceMs = 0;  // 0: the governor's default
  bool parked = false;
  std::string name;  // empty: the program's
  bool quiet = false;
};
[[nodiscard]] Answer governor(Session& session, const GovernorOptions& options);
// `which`: a name or process id; empty: the only one.
[[nodiscard]] Answer listGoverned(Session& session);
[[nodiscard]] Answer governedStatus(Session& session, const std::string& which, bool following);
[[nodiscard]] Answer parkGoverned(Session& session, const std::string& which);
[[nodiscard]] Answer resumeGoverned(Session& session, const std::string& which);
[[nodiscard]] Answer setDuty(Session& session, std::uint32_t percent, const std::string& which);
[[nodiscard]] Answer setMemory(Session& session, const std::string& size, const std::string& which);
[[nodiscard]] Answer stopGoverned(Session& session, const std::string& which);

}  // namespace lull::cli
