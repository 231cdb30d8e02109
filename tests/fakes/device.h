// SPDX-License-Identifier: Apache-2.0
// A whole device for integration tests: the real lulld with real helpers and workers on lavapipe, in a private folder,
// with a FIFO as input device and a captured sysfs tree as the machine. Every wait has a bound and fails loudly.
#pragma once

#include "fakes/ipc_client.h"
#include "lull/v1/envelope.pb.h"

#include <QProcess>
#include <QTemporaryDir>

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace lull::test {

struct DeviceOptions {
  bool input = true;  // one input device; false: unattended
  std::uint32_t idleAfterS = 1;
  std::uint32_t evictAfterS = 3600;                  // parked workers stay unless a test wants otherwise
  std::map<std::string, std::string> settings = {};  // "group.key" → JSON value; over the defaults of the fixture
  std::filesystem::path llamaRoot = {};              // a root with llama.cpp; empty: this computer's own
};

class Device {
public:
  explicit Device(DeviceOptions options = {});
  ~Device();  // ends the service

  // Starts lulld and waits until it answers. Call again after kill9() or stop().
  void start();
  void kill9();
  // SIGTERM; the exit code.
  int stop();
  void signal(int number);

  // The owner touches the device, now.
  void touch();
  // Sets a file of the captured sysfs tree, e.g. "class/hwmon/hwmon0/temp1_input".
  void setSys(const std::string& file, const std::string& content);

  [[nodiscard]] IpcClient& client();
  [[nodiscard]] v1::Status status();
  // Until the status fits; the status it was then. Fails with the last one seen.
  v1::Status waitFor(const char* what, const std::function<bool(const v1::Status&)>& fits, Milliseconds bound = kLong);
  // The owner touches the device, and again and again, until the status fits: one who leaves may be missed.
  v1::Status touchUntil(const char* what, const std::function<bool(const v1::Status&)>& fits);
  v1::Task waitForTask(const std::string& id, v1::TaskState state, Milliseconds bound = kLong);
  [[nodiscard]] v1::Task task(const std::string& id);
  // Uploads a SPIR-V file and submits a task that uses it as its module.
  std::string submit(v1::TaskSpec spec, const std::filesystem::path& module);
  std::string submit(v1::TaskSpec spec);
  // An input of tasks, by its hash.
  std::string upload(const std::string& bytes);
  // Puts a model into the store and waits until it has been looked at; its hash.
  std::string addModel(const std::filesystem::path& file);
  [[nodiscard]] std::string result(const std::string& task, const std::string& output);

  [[nodiscard]] std::filesystem::path folder() const { return m_folder.path().toStdString(); }
  [[nodiscard]] std::filesystem::path socket() const { return folder() / "run/lulld.sock"; }
  [[nodiscard]] std::filesystem::path state() const { return folder() / "state"; }
  [[nodiscard]] std::filesystem::path pages() const { return folder() / "run/lulld.sock.pages"; }
  [[nodiscard]] qint64 pid() const { return m_service.processId(); }
  // Processes that hold a governor page of this device.
  [[nodiscard]] std::set<pid_t> workers() const;
  [[nodiscard]] std::string log() const;

  // What never takes this long, not even beside builds: work here gives way to all others.
  static constexpr Milliseconds kLong{180'000};

private:
  void writeSettings() const;
  void makeMachine() const;

  DeviceOptions m_options;
  QTemporaryDir m_folder;
  QProcess m_service;
  std::optional<IpcClient> m_client;
};

// The kernel of the tests, compiled with them: out[i] becomes a hash chain over the iterations, so that any lost,
// doubled or reordered piece of work shows in the bytes. `chainOf` is the same on the CPU.
[[nodiscard]] v1::TaskSpec chainTask(const std::string& name, std::uint32_t groups, std::uint64_t iterations,
                                     std::uint32_t rounds = 64);
[[nodiscard]] std::filesystem::path chainModule();
// Answers `lines`, OpenAI's batch format, with a model of the store.
[[nodiscard]] v1::TaskSpec batchTask(const std::string& name, const std::string& model, const std::string& linesSha256);
// One dispatch that does not end while a test lasts.
[[nodiscard]] v1::TaskSpec endlessTask();
[[nodiscard]] std::filesystem::path endlessModule();
[[nodiscard]] std::string chainOf(std::uint32_t groups, std::uint64_t iterations, std::uint32_t rounds = 64);

}  // namespace lull::test
