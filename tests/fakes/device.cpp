// SPDX-License-Identifier: Apache-2.0
#include "fakes/device.h"

#include "base/file.h"
#include "base/sha256.h"

#include <QElapsedTimer>
#include <QThread>

#include <fcntl.h>
#include <linux/input.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>

namespace lull::test {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kGroupSize = 64;
constexpr int kStepMs = 5;
constexpr int kTouchMs = 200;               // less than an owner may be idle and still be here
constexpr std::size_t kChunk = 512 << 10U;  // of what is sent to the service
constexpr std::size_t kMostModel = 1ULL << 30U;

fs::path program(const char* name) {
  return fs::path(qEnvironmentVariable("LULL_BUILD_DIR").toStdString()) / "bin" / name;
}

bool hasEnded(v1::TaskState state) {
  return state == v1::TASK_STATE_DONE || state == v1::TASK_STATE_FAILED || state == v1::TASK_STATE_CANCELLED;
}

[[noreturn]] void failed(const std::string& text) {
  qFatal("%s", text.c_str());
  std::abort();
}

template <typename T>
T must(Result<T> result, const char* what) {
  if (!result) failed(std::string(what) + ": " + result.error().text());
  return std::move(*result);
}

}  // namespace

Device::Device(DeviceOptions options) : m_options(std::move(options)) {
  fs::create_directories(folder() / "input");
  if (m_options.input) ::mkfifo((folder() / "input/event0").c_str(), 0600);
  makeMachine();
  writeSettings();
}

Device::~Device() {
  m_client.reset();
  if (m_service.state() == QProcess::NotRunning) return;
  m_service.terminate();
  if (!m_service.waitForFinished(20'000)) {
    m_service.kill();
    m_service.waitForFinished();
  }
}

void Device::makeMachine() const {
  const auto hwmon = folder() / "sys/class/hwmon/hwmon0";
  fs::create_directories(hwmon);
  fs::create_directories(folder() / "sys/class/thermal");
  fs::create_directories(folder() / "sys/class/power_supply");
  std::ofstream(hwmon / "name") << "amdgpu\n";
  std::ofstream(hwmon / "temp1_label") << "edge\n";
  std::ofstream(hwmon / "temp1_input") << "45000\n";
  std::ofstream(hwmon / "temp1_crit") << "100000\n";
  fs::create_directories(folder() / "proc/pressure");
  std::ofstream(folder() / "proc/cpuinfo") << "model name : Testor 3000\n";
  std::ofstream(folder() / "proc/meminfo") << "MemTotal: 16000000 kB\nMemFree: 9000000 kB\nMemAvailable: 12000000 kB\n";
  std::ofstream(folder() / "proc/pressure/memory") << "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
                                                      "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
}

void Device::writeSettings() const {
  std::map<std::string, std::map<std::string, std::string>> groups{
      {"sharing", {{"enabled", "true"}}},
      {"gpu", {{"allow_software", "true"}}},
      {"presence",
       {{"idle_after", std::to_string(m_options.idleAfterS)}, {"evict_after", std::to_string(m_options.evictAfterS)}}}};
  for (const auto& [key, value] : m_options.settings) {
    const auto dot = key.find('.');
    groups[key.substr(0, dot)][key.substr(dot + 1)] = value;
  }
  std::string text;
  for (const auto& [group, values] : groups) {
    text += (text.empty() ? "{\"" : ",\n\"") + group + "\": {";
    std::string inner;
    for (const auto& [key, value] : values) inner += (inner.empty() ? "\"" : ", \"") + key + "\": " + value;
    text += inner + "}";
  }
  std::ofstream(folder() / "settings.json") << text << "}\n";
}

void Device::start() {
  m_client.reset();
  const auto path = [this](const char* below) { return QString::fromStdString((folder() / below).native()); };
  m_service.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });  // a test that aborts leaves nothing
  m_service.setStandardErrorFile(path("service.log"), QIODevice::Append);
  m_service.setStandardOutputFile(path("service.out"), QIODevice::Append);
  QStringList arguments{"--user",      "--foreground",        "--log-level", "debug",
                        "--state-dir", path("state"),         "--socket",    path("run/lulld.sock"),
                        "--config",    path("settings.json"), "--input-dir", path("input"),
                        "--sys-dir",   path("sys"),           "--proc-dir",  path("proc")};
  if (!m_options.llamaRoot.empty()) arguments << "--llama-root" << QString::fromStdString(m_options.llamaRoot);
  m_service.start(QString::fromStdString(program("lulld").native()), arguments);
  if (!m_service.waitForStarted()) failed("lulld could not be started");
  auto opened = IpcClient::open(socket());
  if (!opened) failed("lulld does not answer: " + opened.error().text() + "\n" + log());
  m_client.emplace(std::move(*opened));
}

void Device::kill9() {
  m_client.reset();
  m_service.kill();
  m_service.waitForFinished();
}

int Device::stop() {
  m_client.reset();
  m_service.terminate();
  if (!m_service.waitForFinished(30'000)) failed("lulld does not end\n" + log());
  return m_service.exitStatus() == QProcess::NormalExit ? m_service.exitCode() : -1;
}

void Device::signal(int number) { ::kill(static_cast<pid_t>(pid()), number); }

void Device::touch() {
  std::array<input_event, 2> events{};
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  for (auto& event : events) {
    event.input_event_sec = now.tv_sec;
    event.input_event_usec = now.tv_nsec / 1000;
  }
  events[0].type = EV_KEY;
  events[0].code = KEY_A;
  events[0].value = 1;
  const Fd device(::open((folder() / "input/event0").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (::write(device.get(), events.data(), sizeof events) != static_cast<ssize_t>(sizeof events))
    failed("touch failed");
  // lull-presence keeps the FIFO open; closing this end loses nothing.
}

void Device::setSys(const std::string& file, const std::string& content) {
  const auto replaced = replaceFile(folder() / "sys" / file, content + "\n", Durability::Rename);
  if (!replaced) failed(replaced.error().text());
}

IpcClient& Device::client() {
  if (!m_client) failed("the service does not run");
  return *m_client;
}

v1::Status Device::status() { return must(client().call(v1::GetStatusRequest()), "status").status(); }

v1::Status Device::waitFor(const char* what, const std::function<bool(const v1::Status&)>& fits, Milliseconds bound) {
  QElapsedTimer timer;
  timer.start();
  for (;;) {
    auto seen = status();
    if (fits(seen)) return seen;
    if (timer.elapsed() > bound.count()) {
      failed(std::string("waited in vain for: ") + what + "\n" + seen.DebugString() + "\n" + log());
    }
    QThread::msleep(kStepMs);
  }
}

v1::Status Device::touchUntil(const char* what, const std::function<bool(const v1::Status&)>& fits) {
  touch();
  QElapsedTimer since;
  since.start();
  return waitFor(what, [&](const v1::Status& seen) {
    if (fits(seen)) return true;
    if (since.elapsed() < kTouchMs) return false;
    touch();
    since.restart();
    return false;
  });
}

v1::Task Device::task(const std::string& id) {
  v1::GetTaskRequest request;
  request.set_id(id);
  return must(client().call(request), "task").task();
}

v1::Task Device::waitForTask(const std::string& id, v1::TaskState state, Milliseconds bound) {
  QElapsedTimer timer;
  timer.start();
  for (;;) {
    auto seen = task(id);
    if (seen.state() == state) return seen;
    if (hasEnded(seen.state()) || timer.elapsed() > bound.count()) {
      failed("waited in vain for " + v1::TaskState_Name(state) + "\n" + seen.DebugString() + "\n" + log());
    }
    QThread::msleep(kStepMs);
  }
}

std::string Device::submit(v1::TaskSpec spec, const fs::path& module) {
  spec.mutable_spirv()->mutable_module()->set_sha256(upload(must(readFile(module), "reading the module")));
  return submit(std::move(spec));
}

std::string Device::submit(v1::TaskSpec spec) {
  v1::SubmitTaskRequest request;
  *request.mutable_spec() = std::move(spec);
  return must(client().call(request), "submit").id();
}

std::string Device::upload(const std::string& bytes) {
  v1::PutBlobRequest blob;
  blob.set_sha256(sha256(bytes));
  blob.set_size(bytes.size());
  for (bool complete = false; !complete;) {
    blob.set_data(bytes.substr(std::min<std::size_t>(blob.offset(), bytes.size()), kChunk));
    const auto reply = must(client().call(blob), "upload");
    complete = reply.complete();
    blob.set_offset(reply.next_offset());
  }
  return blob.sha256();
}

std::string Device::addModel(const fs::path& file) {
  const auto bytes = must(readFile(file, kMostModel), "reading the model");
  v1::PutModelRequest part;
  part.set_sha256(sha256(bytes));
  part.set_size(bytes.size());
  part.set_origin(file.filename());
  while (part.offset() < bytes.size()) {
    part.set_data(bytes.substr(part.offset(), kChunk));
    const auto reply = must(client().call(part), "the model");
    if (reply.has_model()) return part.sha256();
    part.set_offset(reply.next_offset());
  }
  v1::GetModelRequest asked;
  asked.set_which(part.sha256());
  waitFor("the model", [&](const auto&) { return client().call(asked).ok(); });
  return part.sha256();
}

std::string Device::result(const std::string& task, const std::string& output) {
  std::string bytes;
  for (;;) {
    v1::ReadResultRequest request;
    request.set_task_id(task);
    request.set_output(output);
    request.set_offset(bytes.size());
    const auto reply = must(client().call(request), "result");
    bytes += reply.data();
    if (bytes.size() >= reply.size() || reply.data().empty()) {
      if (sha256(bytes) != reply.sha256()) failed("the result's hash is wrong");
      return bytes;
    }
  }
}

std::set<pid_t> Device::workers() const {
  std::set<pid_t> out;
  std::error_code code;
  for (const auto& process : fs::directory_iterator("/proc", code)) {
    const auto name = process.path().filename().native();
    if (name.find_first_not_of("0123456789") != std::string::npos || std::stoi(name) == pid()) continue;
    for (const auto& fd : fs::directory_iterator(process.path() / "fd", code)) {
      std::error_code gone;
      if (fs::read_symlink(fd.path(), gone).native().rfind(pages().native(), 0) == 0) out.insert(std::stoi(name));
    }
  }
  return out;
}

std::string Device::log() const {
  const auto text = readFile(folder() / "service.log", 64U << 20U);
  return text ? *text : text.error().text();
}

v1::TaskSpec chainTask(const std::string& name, std::uint32_t groups, std::uint64_t iterations, std::uint32_t rounds) {
  v1::TaskSpec spec;
  spec.set_name(name);
  auto& task = *spec.mutable_spirv();
  task.set_iterations(iterations);
  task.mutable_grid()->set_x(groups);
  std::array<std::uint32_t, 2> constants{0, rounds};
  task.mutable_push_constants()->set_inline_(
      std::string(reinterpret_cast<const char*>(constants.data()), sizeof constants));
  task.set_iteration_offset(0);
  auto& buffer = *task.add_buffers();
  buffer.set_binding(0);
  buffer.set_size(std::uint64_t{groups} * kGroupSize * 4);
  buffer.set_output("chain.bin");
  return spec;
}

v1::TaskSpec batchTask(const std::string& name, const std::string& model, const std::string& linesSha256) {
  v1::TaskSpec spec;
  spec.set_name(name);
  spec.mutable_llama_batch()->set_model(model);
  spec.mutable_llama_batch()->mutable_requests()->set_sha256(linesSha256);
  return spec;
}

v1::TaskSpec endlessTask() {
  auto spec = chainTask("endless", 65535, 10);
  spec.mutable_spirv()->set_whole_grid(true);
  spec.mutable_spirv()->mutable_buffers(0)->set_size(64);
  return spec;
}

fs::path endlessModule() { return chainModule().parent_path() / "endless.spv"; }

fs::path chainModule() {
  return fs::path(qEnvironmentVariable("LULL_BUILD_DIR").toStdString()) / "tests/kernels/chain.spv";
}

std::string chainOf(std::uint32_t groups, std::uint64_t iterations, std::uint32_t rounds) {
  constexpr std::size_t kLanes = 16;  // side by side, so that the compiler makes vectors of them
  std::vector<std::uint32_t> values(std::size_t{groups} * kGroupSize);
  for (std::size_t first = 0; first < values.size(); first += kLanes) {
    std::array<std::uint32_t, kLanes> v{};
    for (std::uint64_t iteration = 0; iteration < iterations; ++iteration) {
      const auto salt = static_cast<std::uint32_t>(iteration) * 0x9e3779b9U;
      for (std::size_t lane = 0; lane < kLanes; ++lane) v[lane] ^= static_cast<std::uint32_t>(first + lane) + salt;
      for (std::uint32_t r = 0; r < rounds; ++r) {
        for (auto& lane : v) lane = lane * 1664525U + 1013904223U;
      }
    }
    std::ranges::copy(v, values.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return {reinterpret_cast<const char*>(values.data()), values.size() * 4};
}

}  // namespace lull::test
