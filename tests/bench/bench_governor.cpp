// SPDX-License-Identifier: Apache-2.0
// What governing costs on the software GPU: how long from a closed gate until all work is done, and how much of the
// GPU's time reaches a task, beside the same kernels in a bare loop of whole dispatches. One JSON object a line.
//   bench-governor [--samples N] [--pairs N] [--seconds N]
// (bench-governor --bare SAMPLE is the bare loop, in a process of its own.)
#include "bench/budget.h"
#include "fakes/sample_task.h"
#include "runtimes/spirv/job.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <random>
#include <thread>

using namespace lull;
using namespace lull::fakes;
using Body = FromWorker::BodyCase;

namespace {

constexpr std::array kSamples{"mandelbrot", "heat", "matrix"};
constexpr std::uint32_t kPieceMs = 4;

[[noreturn]] void die(const std::string& text) {
  std::fprintf(stderr, "bench-governor: %s\n", text.c_str());
  std::exit(1);
}

class Scratch {
public:
  Scratch() {
    std::string name = "/tmp/lull-bench-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) die("no temporary folder");
    m_path = name;
  }
  ~Scratch() {
    std::error_code code;
    std::filesystem::remove_all(m_path, code);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] TaskFolders folders() const { return TaskFolders(m_path); }

private:
  std::filesystem::path m_path;
};

// The samples, cut to about a second of work.
v1::SpirvTask shortTask(const std::string& name, const TaskFolders& at) {
  auto task = sampleTask(name, at);
  if (name == "mandelbrot") task.mutable_spec_constants()->rbegin()->set_u32(3);
  if (name == "heat") task.set_iterations(300);
  if (name == "matrix") task.mutable_spec_constants()->rbegin()->set_u32(256);
  return task;
}

worker::v1::Start startFor(const v1::SpirvTask& task, const TaskFolders& at) {
  auto start = at.startFor(task);
  start.set_piece_ms(kPieceMs);
  return start;
}

double percentile(std::vector<double> values, double p) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * p + 0.5)];
}

double seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }

// ---- gate closed → drained

struct Wanted {
  std::size_t samples;
  bench::Budget::Clock::time_point end;
};

void closeOften(ServicePage& page, TestWorker& worker, const Wanted& wanted, std::vector<double>& ms) {
  static std::mt19937 random(1);
  if (!worker.nextOf(Body::kStarted)) die("the worker did not start");
  while (ms.size() < wanted.samples && (ms.empty() || bench::Budget::Clock::now() < wanted.end)) {
    page.open();
    std::this_thread::sleep_for(std::chrono::microseconds(20'000 + random() % 40'000));
    const std::uint64_t before = page.page().submits.load();
    const std::uint32_t word = page.close();
    if (!page.waitDrained(word, std::chrono::seconds(20))) return;  // ended meanwhile
    const auto took = page.page().drainedAtNs.load() - page.page().gateChangedNs.load();
    if (page.page().inFlight.load() == 0 && before > 0) ms.push_back(static_cast<double>(took) / 1e6);
  }
}

void benchDrained(const std::string& name, std::uint32_t cap, std::size_t wanted, bench::Budget& budget) {
  const auto end = budget.nextEnd();
  std::vector<double> ms;
  while (ms.size() < wanted && (ms.empty() || bench::Budget::Clock::now() < end)) {
    const Scratch scratch;
    const auto at = scratch.folders();
    ServicePage page;
    page.page().inFlightCap.store(cap);
    auto task = sampleTask(name, at);
    task.set_iterations(std::max<std::uint64_t>(1, task.iterations()) * 1000);  // it shall not end
    TestWorker worker(startFor(task, at), {.page = &page, .environment = {}});
    closeOften(page, worker, {.samples = wanted, .end = end}, ms);
  }
  std::printf(
      "{\"bench\":\"gate_closed_to_drained\",\"kernel\":\"%s\",\"in_flight\":%u,\"unit\":\"ms\",\"p50\":%.2f,"
      "\"p99\":%.2f,\"max\":%.2f,\"samples\":%zu,\"aim\":\"p99<=10\"}\n",
      name.c_str(), cap, percentile(ms, 0.5), percentile(ms, 0.99), percentile(ms, 1), ms.size());
  std::fflush(stdout);
}

// ---- the share of the GPU's time that reaches the task

struct Cost {
  double wall = 0;  // seconds
  double cpu = 0;   // on the software GPU the work is CPU time: what is left when others use the machine too
};

double cpuOf(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) die("no processor time");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// From the first submission until the results are on disk, both ways.
Cost governedRun(const std::string& name, std::uint32_t cap) {
  const Scratch scratch;
  const auto at = scratch.folders();
  ServicePage page;
  page.page().inFlightCap.store(cap);
  TestWorker worker(startFor(shortTask(name, at), at), {.page = &page, .environment = {}});
  if (!worker.nextOf(Body::kStarted)) die("the worker did not start");
  clockid_t clock = 0;
  if (::clock_getcpuclockid(worker.pid(), &clock) != 0) die("no processor time of the worker");
  const double cpu = cpuOf(clock);
  const std::uint64_t begin = spirv::monotonicNs();
  page.open();
  const auto last = worker.last(std::chrono::minutes(5));
  const std::uint64_t end = spirv::monotonicNs();
  if (!last || !last->has_finished()) die(name + " did not finish");
  if (!worker.waitExit()) die("the worker did not end");
  return {.wall = seconds(end - begin), .cpu = worker.cpuSeconds() - cpu};
}

void require(VkResult result) {
  if (result != VK_SUCCESS) die("the bare loop failed with " + std::to_string(result));
}

void submitBare(const spirv::Gpu& gpu, VkCommandBuffer commands, VkFence fence) {
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  require(vkQueueSubmit(gpu.queue, 1, &info, fence));
}

// Whole iterations, one after the other, always one more waiting behind the one that runs.
spirv::Step bareLoop(spirv::Job& job) {
  const auto& task = job.start.spec().spirv();
  for (int i = 0; i < task.buffers_size(); ++i) {
    auto filled = spirv::fill(*job.buffers, static_cast<std::size_t>(i), task.buffers(i), job.start.blob_dir());
    if (!filled) return filled;
  }
  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = job.gpu.found.queueFamily;
  VkCommandPool commands = VK_NULL_HANDLE;
  vkCreateCommandPool(job.gpu.device, &pool, nullptr, &commands);
  std::array<VkCommandBuffer, 2> buffers{};
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = commands;
  allocate.commandBufferCount = 2;
  vkAllocateCommandBuffers(job.gpu.device, &allocate, buffers.data());
  std::array<VkFence, 2> fences{};
  VkFenceCreateInfo fence{};
  fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  fence.flags = VK_FENCE_CREATE_SIGNALED_BIT;
  for (auto& f : fences) vkCreateFence(job.gpu.device, &fence, nullptr, &f);
  auto whole = job.work;
  whole.wholeGrid = true;
  for (std::uint64_t i = 0; i < whole.iterations; ++i) {
    const std::size_t slot = i % 2;
    require(vkWaitForFences(job.gpu.device, 1, &fences[slot], VK_TRUE, UINT64_MAX));
    vkResetFences(job.gpu.device, 1, &fences[slot]);
    const auto piece = spirv::nextPiece(whole, i * whole.grid.groups(), 1);
    if (auto recorded = job.kernel->record(buffers[slot], piece); !recorded) return recorded;
    submitBare(job.gpu, buffers[slot], fences[slot]);
  }
  require(vkWaitForFences(job.gpu.device, 2, fences.data(), VK_TRUE, UINT64_MAX));
  const auto& order = job.orders[whole.iterations % job.orders.size()];
  for (int i = 0; i < task.buffers_size(); ++i) {
    if (task.buffers(i).output().empty()) continue;
    auto out = spirv::writeOutput(*job.buffers, order[static_cast<std::size_t>(i)], task.buffers(i).output(),
                                  job.start.output_dir());
    if (!out) return out.failure();
  }
  return spirv::Done{};
}

int bareMain(const std::string& name) {
  const Scratch scratch;
  const auto at = scratch.folders();
  auto job = spirv::prepare(startFor(shortTask(name, at), at));
  if (!job) die(job.failure().message() + " " + job.failure().technical());
  const double cpu = cpuOf(CLOCK_PROCESS_CPUTIME_ID);
  const std::uint64_t begin = spirv::monotonicNs();
  const auto done = bareLoop(**job);
  const std::uint64_t end = spirv::monotonicNs();
  if (!done) die(done.failure().message() + " " + done.failure().technical());
  std::printf("%.6f %.6f\n", seconds(end - begin), cpuOf(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  std::fflush(stdout);
  return 0;
}

Cost bareRun(const std::string& name) {
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) die("no pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out[1], 1);
    for (const auto& entry : vulkanEnvironment()) ::putenv(::strdup(entry.c_str()));
    // Not /proc/self/exe: where it is started through a loader of its own (tests/bench/gpu), that is the loader.
    const std::string self = (buildFolder() / "tests/bench-governor").string();
    ::execl(self.c_str(), "bench-governor", "--bare", name.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(out[1]);
  std::array<char, 64> text{};
  const ssize_t n = ::read(out[0], text.data(), text.size() - 1);
  ::close(out[0]);
  int status = 0;
  Cost cost;
  const bool ended = pid >= 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
  if (!ended || n <= 0 || std::sscanf(text.data(), "%lf %lf", &cost.wall, &cost.cpu) != 2) die("the bare loop failed");
  return cost;
}

void benchShare(const std::string& name, std::uint32_t cap, std::size_t pairs, bench::Budget& budget) {
  const auto end = budget.nextEnd();
  std::vector<double> wall;
  std::vector<double> cpu;
  for (std::size_t i = 0; i < pairs && (i == 0 || bench::Budget::Clock::now() < end); ++i) {
    Cost bare;
    Cost governed;
    if (i % 2 == 0) bare = bareRun(name);
    governed = governedRun(name, cap);
    if (i % 2 != 0) bare = bareRun(name);
    wall.push_back(bare.wall / governed.wall);
    cpu.push_back(bare.cpu / governed.cpu);
  }
  std::printf(
      "{\"bench\":\"gpu_share\",\"kernel\":\"%s\",\"in_flight\":%u,\"unit\":\"governed speed / bare speed\","
      "\"wall_median\":%.3f,\"wall_p25\":%.3f,\"wall_p75\":%.3f,\"cpu_median\":%.3f,\"cpu_p25\":%.3f,"
      "\"cpu_p75\":%.3f,\"pairs\":%zu,\"aim\":\">=0.97\"}\n",
      name.c_str(), cap, percentile(wall, 0.5), percentile(wall, 0.25), percentile(wall, 0.75), percentile(cpu, 0.5),
      percentile(cpu, 0.25), percentile(cpu, 0.75), wall.size());
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  std::size_t samples = 200;
  std::size_t pairs = 9;
  double seconds = 0;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string option = arguments[i];
    if (option == "--bare") return bareMain(arguments[i + 1]);
    if (option == "--samples") samples = std::strtoul(arguments[i + 1], nullptr, 10);
    if (option == "--seconds") seconds = std::strtod(arguments[i + 1], nullptr);
    if (option == "--pairs") pairs = std::strtoul(arguments[i + 1], nullptr, 10);
  }
  bench::Budget budget(seconds, 4 * kSamples.size());
  for (const std::uint32_t cap : {1U, 2U}) {
    for (const char* name : kSamples) benchDrained(name, cap, samples, budget);
    for (const char* name : kSamples) benchShare(name, cap, pairs, budget);
  }
  return 0;
}
