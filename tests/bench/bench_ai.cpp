// SPDX-License-Identifier: Apache-2.0
// What a batch for a language model costs through the whole service beside a plain llama-server that is asked the same,
// how soon a worker starts and answers, and what a batch of very many requests takes of memory. One JSON object a line.
//   bench-ai [--pairs N] [--samples N] [--lines N] [--only throughput|start|memory]
#include "bench/process_cost.h"
#include "fakes/device.h"
#include "fakes/service_page.h"
#include "llama/model.h"
#include "llama/questions.h"
#include "llama/server.h"

#include <QThread>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

using namespace lull;
using nlohmann::json;
using test::batchTask;
using test::Device;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Milliseconds kPatience{600'000};
constexpr std::uint32_t kContext = 512;
constexpr unsigned kParallel = 4;
constexpr int kRequests = 32;
constexpr int kTokens = 32;  // of an answer, on average

// How long the answers are. Those of one length fall into step by chance, or do not: then prompts are computed apart.
enum class Lengths { Various, Equal };
int tokensOf(int request, Lengths lengths) {
  return lengths == Lengths::Equal ? kTokens : kTokens / 2 + request * 7 % kRequests + (request % 2);
}
int allTokens(Lengths lengths) {
  int all = 0;
  for (int i = 0; i < kRequests; ++i) all += tokensOf(i, lengths);
  return all;
}

struct Options {
  std::size_t pairs = 5;
  std::size_t samples = 5;
  std::size_t lines = 100'000;
  std::string only;
  [[nodiscard]] bool wants(const char* name) const { return only.empty() || only == name; }
};

double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double percentile(std::vector<double> values, double p) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * p + 0.5)];
}

// Random weights, large enough that computing them takes most of the time.
fs::path benchModel() {
  const auto folder = fs::path(qEnvironmentVariable("LULL_BUILD_DIR").toStdString()) / "bench";
  const auto file = folder / "medium.gguf";
  std::error_code code;
  fs::create_directories(folder, code);
  if (!fs::exists(file, code) && !llama::writeModel(file, llama::kMedium)) qFatal("the model cannot be written");
  return file;
}

json bodyFor(int request, int tokens) {
  return {{"prompt", "Tell me about the number " + std::to_string(request * 7919) + ", please."},
          {"temperature", 0},
          {"max_tokens", tokens},
          {"ignore_eos", true},
          {"logit_bias", llama::lettersOnly()}};
}

std::string linesFor(int count, const std::function<int(int)>& tokens) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += llama::lineOf(std::to_string(i), "/v1/completions", bodyFor(i, tokens(i)));
  return lines;
}

v1::TaskSpec specFor(const std::string& model, const std::string& lines) {
  auto spec = batchTask("bench", model, lines);
  spec.mutable_llama_batch()->set_context(kContext);
  spec.mutable_llama_batch()->set_parallel(kParallel);
  return spec;
}

// From the start of the program to its last answer.
double plainly(Lengths lengths, fakes::ServicePage* page) {
  QTemporaryDir folder;
  const auto begin = Clock::now();
  llama::Server server(benchModel(), folder.path().toStdString(),
                       {.program = {},
                        .arguments = {"-np", std::to_string(kParallel), "-c", std::to_string(kContext * kParallel),
                                      "--no-warmup", "-lv", "2"},
                        .page = page});
  if (!server.waitReady(kPatience)) qFatal("%s", server.program().errors().c_str());
  std::atomic<int> next{0};
  std::atomic<std::int64_t> tokens{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kParallel; ++i) {
    threads.emplace_back([&] {
      for (int at = 0; (at = next++) < kRequests;) {
        const auto answer = server.ask("/v1/completions", bodyFor(at, tokensOf(at, lengths)).dump());
        tokens += json::parse(answer.value_or("{}"))["usage"]["completion_tokens"].get<std::int64_t>();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  if (tokens != allTokens(lengths)) qFatal("the plain server wrote %lld tokens", static_cast<long long>(tokens));
  return secondsSince(begin);
}

// Asks seldom: what the service answers takes a processor from the batch, which gives way.
v1::Task untilDone(Device& device, const std::string& id) {
  const auto begin = Clock::now();
  while (secondsSince(begin) < 600) {
    if (auto task = device.task(id); task.state() == v1::TASK_STATE_DONE) return task;
    QThread::msleep(50);
  }
  qFatal("the batch does not end\n%s", device.log().c_str());
}

double throughTheService(Device& device, const std::string& model, Lengths lengths) {
  const auto begin = Clock::now();
  const auto id =
      device.submit(specFor(model, device.upload(linesFor(kRequests, [=](int i) { return tokensOf(i, lengths); }))));
  const auto task = untilDone(device, id);
  const double seconds = secondsSince(begin);
  if (task.usage().completion() != static_cast<std::uint64_t>(allTokens(lengths)))
    qFatal("the service counts %s", task.DebugString().c_str());
  return seconds;
}

void benchThroughput(const Options& options, Device& device, const std::string& model, Lengths lengths) {
  std::vector<double> plain;
  std::vector<double> ours;
  std::vector<double> ratio;
  std::vector<double> ratioGoverned;
  for (std::size_t i = 0; i < options.pairs; ++i) {
    fakes::ServicePage page;
    page.open();
    const bool first = i % 2 == 0;
    if (first) ours.push_back(throughTheService(device, model, lengths));
    plain.push_back(plainly(lengths, nullptr));
    const double governed = plainly(lengths, &page);
    if (!first) ours.push_back(throughTheService(device, model, lengths));
    ratio.push_back(plain.back() / ours.back());
    ratioGoverned.push_back(plain.back() / governed);
  }
  std::printf(
      "{\"bench\":\"ai_throughput\",\"model\":\"medium\",\"requests\":%d,\"tokens\":%d,\"lengths\":\"%s\",\"parallel\":"
      "%u,"
      "\"tokens_per_s\":%.1f,\"plain_tokens_per_s\":%.1f,\"wall_s\":%.2f,\"plain_wall_s\":%.2f,\"ratio_median\":%.3f,"
      "\"ratio_p25\":%.3f,\"ratio_p75\":%.3f,\"governed_plain_ratio_median\":%.3f,\"pairs\":%zu,\"aim\":\">=0.97\"}\n",
      kRequests, allTokens(lengths), lengths == Lengths::Equal ? "equal" : "16 to 48", kParallel,
      allTokens(lengths) / percentile(ours, 0.5), allTokens(lengths) / percentile(plain, 0.5), percentile(ours, 0.5),
      percentile(plain, 0.5), percentile(ratio, 0.5), percentile(ratio, 0.25), percentile(ratio, 0.75),
      percentile(ratioGoverned, 0.5), ratio.size());
  std::fflush(stdout);
}

void benchThroughput(const Options& options) {
  Device device({.input = false, .llamaRoot = llama::rootFolder()});
  device.start();
  const auto model = device.addModel(benchModel());
  (void)throughTheService(device, model, Lengths::Various);  // fills the driver's cache of shaders
  (void)plainly(Lengths::Various, nullptr);
  for (const auto lengths : {Lengths::Various, Lengths::Equal}) benchThroughput(options, device, model, lengths);
}

void printTimes(const char* name, const std::vector<double>& ms) {
  std::printf("{\"bench\":\"%s\",\"unit\":\"ms\",\"p50\":%.0f,\"max\":%.0f,\"samples\":%zu}\n", name,
              percentile(ms, 0.5), percentile(ms, 1), ms.size());
  std::fflush(stdout);
}

// A batch of one token: its end is the first token's, and what it takes to keep it.
void benchStart(const Options& options) {
  Device device({.idleAfterS = 1, .llamaRoot = llama::rootFolder()});
  device.start();
  const auto model = device.addModel(llama::tinyModel());
  const auto lines = device.upload(linesFor(1, [](int) { return 1; }));
  std::vector<double> started;
  std::vector<double> answered;
  std::vector<double> sinceIdle;
  for (std::size_t i = 0; i <= options.samples; ++i) {
    device.waitFor("idleness", [](const auto& s) { return s.activity() == v1::ACTIVITY_READY; });
    auto begin = Clock::now();
    auto id = device.submit(specFor(model, lines));
    (void)device.waitForTask(id, v1::TASK_STATE_RUNNING);
    const double start = secondsSince(begin) * 1e3;
    (void)device.waitForTask(id, v1::TASK_STATE_DONE, kPatience);
    const double answer = secondsSince(begin) * 1e3;
    device.touch();
    begin = Clock::now() + 1s;  // from then on nobody is here
    id = device.submit(specFor(model, lines));
    (void)device.waitForTask(id, v1::TASK_STATE_DONE, kPatience);
    if (i == 0) continue;  // fills the driver's cache
    started.push_back(start);
    answered.push_back(answer);
    sinceIdle.push_back(secondsSince(begin) * 1e3);
  }
  printTimes("ai_submit_to_started", started);
  printTimes("ai_submit_to_first_token_kept", answered);
  printTimes("ai_idle_to_first_token_kept", sinceIdle);
}

double rssMiB(pid_t process, const std::string& key) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return std::strtod(line.c_str() + line.find_first_of("0123456789"), nullptr) / 1024;
  }
  return 0;
}

pid_t workerOf(const Device& device) {
  for (const pid_t process : device.workers()) {
    std::ifstream file("/proc/" + std::to_string(process) + "/comm");
    std::string name;
    if (std::getline(file, name) && name == "lull-llama") return process;
  }
  return 0;
}

void benchMemory(const Options& options) {
  Device device({.input = false, .llamaRoot = llama::rootFolder()});
  device.start();
  const auto service = static_cast<pid_t>(device.pid());
  const auto model = device.addModel(llama::tinyModel());
  device.waitFor("rest", [](const auto& s) { return s.activity() == v1::ACTIVITY_READY; });
  const double idle = bench::costOf({service}).pssMiB;
  const double idleMost = rssMiB(service, "VmHWM");
  const auto lines = linesFor(static_cast<int>(options.lines), [](int) { return 8; });
  const auto id = device.submit(specFor(model, device.upload(lines)));
  const auto begin = Clock::now();
  (void)device.waitForTask(id, v1::TASK_STATE_RUNNING, kPatience);
  const double look = secondsSince(begin);
  device.waitFor(
      "some answers",
      [&](const auto& s) { return s.running_size() > 0 && s.running(0).progress() * options.lines > 50; }, kPatience);
  const double working = bench::costOf({service}).pssMiB;
  const double worker = bench::costOf({workerOf(device)}).pssMiB;
  std::printf(
      "{\"bench\":\"ai_memory\",\"lines\":%zu,\"file_mib\":%.1f,\"unit\":\"MiB\",\"service_idle_pss\":%.1f,"
      "\"service_working_pss\":%.1f,\"service_most_rss_idle\":%.1f,\"service_most_rss\":%.1f,\"above_idle\":%.1f,"
      "\"worker_pss\":%.1f,\"worker_most_rss\":%.1f,\"submit_to_started_s\":%.2f,\"aim\":\"above_idle<=30 MB\"}\n",
      options.lines, static_cast<double>(lines.size()) / (1 << 20), idle, working, idleMost, rssMiB(service, "VmHWM"),
      working - idle, worker, rssMiB(workerOf(device), "VmHWM"), look);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string option = arguments[i];
    const char* value = arguments[i + 1];
    if (option == "--pairs") options.pairs = std::strtoul(value, nullptr, 10);
    if (option == "--samples") options.samples = std::strtoul(value, nullptr, 10);
    if (option == "--lines") options.lines = std::strtoul(value, nullptr, 10);
    if (option == "--only") options.only = value;
  }
  if (llama::rootFolder().empty()) qFatal("no llama.cpp: make it with tests/llama/root build/llama-root");
  if (options.wants("throughput")) benchThroughput(options);
  if (options.wants("start")) benchStart(options);
  if (options.wants("memory")) benchMemory(options);
  return 0;
}
