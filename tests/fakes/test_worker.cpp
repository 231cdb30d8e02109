// SPDX-License-Identifier: Apache-2.0
#include "fakes/test_worker.h"

#include "base/sha256.h"
#include "fakes/child_exit.h"
#include "governor/gpu_id.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vulkan/vulkan.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

// Vulkan drivers keep a little for ever and are unloaded by then: the leak sanitizer could not even name them.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off() { return 1; }

namespace lull::fakes {

namespace {

constexpr int kSocket = 3;
constexpr int kPage = 4;
constexpr int kEvent = 5;
const char* lavapipe() {
  static const std::string file = [] {
    utsname machine{};
    ::uname(&machine);
    return std::string("/usr/share/vulkan/icd.d/lvp_icd.") + machine.machine + ".json";
  }();
  return file.c_str();
}

using SteadyClock = std::chrono::steady_clock;

int leftMs(SteadyClock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now()).count();
  return static_cast<int>(std::max<long long>(0, left));
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

// Descriptors are moved out of the way first, so that no dup2 overwrites one that is still needed.
int aside(int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 32); }

std::string systemLayers() {
  const char* folder = std::getenv("LULL_SYSTEM_LAYERS");
  return folder != nullptr ? folder : "/usr/share/vulkan/explicit_layer.d";
}

std::string folderOf(const std::string& layer) {
  if (layer == kValidation) return systemLayers();
  if (layer == governor::kLayerName) return (buildFolder() / "lib").string();
  return (buildFolder() / "lib" / layer.substr(std::string("VK_LAYER_LULL_").size())).string();
}

}  // namespace

std::filesystem::path buildFolder() {
  const char* folder = std::getenv("LULL_BUILD_DIR");
  return folder != nullptr ? folder : ".";
}

std::vector<std::string> vulkanEnvironment(const std::vector<std::string>& layers) {
  const char* driver = std::getenv("VK_DRIVER_FILES");
  const std::string files = driver != nullptr ? driver : lavapipe();
  std::vector<std::string> out{"VK_DRIVER_FILES=" + files,
                               "VK_ICD_FILENAMES=" + files,
                               "LP_NUM_THREADS=2",
                               "MESA_SHADER_CACHE_DIR=" + (buildFolder() / "tests/shader-cache").string(),
                               "ASAN_OPTIONS=detect_leaks=0",  // programs here leave without taking drivers down
                               "HOME=/nonexistent"};
  if (const char* suppressions = std::getenv("TSAN_OPTIONS")) {
    out.push_back(std::string("TSAN_OPTIONS=") + suppressions);
  }
  // Loaders stack layers in the order of their folders (Debian 12's) or of their names (later ones).
  std::string names;
  std::string folders;
  for (const auto& layer : layers) {
    names += (names.empty() ? "" : ":") + layer;
    folders += (folders.empty() ? "" : ":") + folderOf(layer);
  }
  out.push_back("VK_LAYER_PATH=" + (layers.empty() ? (buildFolder() / "lib").string() : folders));
  if (!layers.empty()) out.push_back("VK_INSTANCE_LAYERS=" + names);
  return out;
}

bool hasValidation() {
  return std::filesystem::exists(std::filesystem::path(systemLayers()) / "VkLayer_khronos_validation.json");
}

std::string softwareGpuId() {
  static const std::string id = [] {
    ::setenv("VK_DRIVER_FILES", lavapipe(), 0);
    ::setenv("VK_ICD_FILENAMES", lavapipe(), 0);
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.apiVersion = VK_API_VERSION_1_2;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    VkInstance instance = VK_NULL_HANDLE;
    if (vkCreateInstance(&info, nullptr, &instance) != VK_SUCCESS) return std::string();
    std::uint32_t count = 1;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    vkEnumeratePhysicalDevices(instance, &count, &physical);
    if (physical == VK_NULL_HANDLE) return std::string();
    VkPhysicalDeviceIDProperties ids{};
    ids.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &ids;
    vkGetPhysicalDeviceProperties2(physical, &properties);
    std::string text = gpuId(properties.properties, ids);
    vkDestroyInstance(instance, nullptr);
    return text;
  }();
  return id;
}

std::string kernelBytes(const std::filesystem::path& file) {
  std::ifstream in(buildFolder() / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TestWorker::TestWorker(const worker::v1::Start& start, const Options& options) {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  m_socket.reset(pair[0]);
  const Fd theirs(pair[1]);
  const Fd socket(aside(theirs.get()));
  // As the service does for its own runner.
  if (options.page != nullptr && options.program == "lull-spirv") options.page->page().leaveWhole.store(1);
  const Fd page(options.page != nullptr ? aside(options.page->fd()) : -1);
  const Fd event(options.page != nullptr ? aside(options.page->eventFd()) : -1);

  auto environment = vulkanEnvironment();
  environment.push_back("LULL_WORKER_FD=" + std::to_string(kSocket));
  if (options.layer && options.page != nullptr)
    environment.push_back(std::string("VK_INSTANCE_LAYERS=") + governor::kLayerName);
  for (const auto& entry : options.environment) {
    const auto name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(environment, [&name](const std::string& old) { return old.starts_with(name); });
    environment.push_back(entry);
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket.get(), kSocket);
  if (options.page != nullptr) {
    environment.push_back(std::string(governor::kPageFdVariable) + "=" + std::to_string(kPage));
    environment.push_back(std::string(governor::kEventFdVariable) + "=" + std::to_string(kEvent));
    ::posix_spawn_file_actions_adddup2(&actions, page.get(), kPage);
    ::posix_spawn_file_actions_adddup2(&actions, event.get(), kEvent);
  }
  std::vector<std::string> arguments{(buildFolder() / "bin" / options.program).string()};
  auto argv = pointers(arguments);
  auto envp = pointers(environment);
  if (::posix_spawn(&m_pid, argv[0], &actions, nullptr, argv.data(), envp.data()) != 0) m_pid = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  if (m_pid < 0) return;
  m_pidFd.reset(openPidFd(m_pid));
  worker::v1::ToWorker message;
  *message.mutable_start() = start;
  send(message);
}

TestWorker::~TestWorker() {
  if (m_pid < 0) return;
  kill();
  if (!waitExit()) std::abort();
}

void TestWorker::send(const worker::v1::ToWorker& message) {
  std::string bytes;
  if (!wire::appendFrame(bytes, message)) std::abort();
  [[maybe_unused]] const auto sent = ::send(m_socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::optional<FromWorker> TestWorker::next(std::chrono::milliseconds limit) {
  const auto end = SteadyClock::now() + limit;
  for (;;) {
    const auto frame = m_reader.next();
    if (!frame) return std::nullopt;
    if (frame.value()) {
      FromWorker message;
      const auto& bytes = *frame.value();
      if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
      return message;
    }
    pollfd socket{.fd = m_socket.get(), .events = POLLIN, .revents = 0};
    if (::poll(&socket, 1, leftMs(end)) <= 0) return std::nullopt;
    char chunk[4096];
    const ssize_t n = ::recv(m_socket.get(), chunk, sizeof chunk, 0);
    if (n <= 0) return std::nullopt;
    m_reader.feed({chunk, static_cast<std::size_t>(n)});
  }
}

std::optional<FromWorker> TestWorker::nextOf(FromWorker::BodyCase kind, std::chrono::milliseconds limit) {
  const auto end = SteadyClock::now() + limit;
  while (auto message = next(std::chrono::milliseconds(leftMs(end)))) {
    if (message->body_case() == kind) return message;
  }
  return std::nullopt;
}

std::optional<FromWorker> TestWorker::last(std::chrono::milliseconds limit) {
  const auto end = SteadyClock::now() + limit;
  while (auto message = next(std::chrono::milliseconds(leftMs(end)))) {
    if (message->has_finished() || message->has_evicted() || message->has_failed()) return message;
  }
  return std::nullopt;
}

void TestWorker::evict() {
  worker::v1::ToWorker message;
  message.mutable_evict();
  send(message);
}

void TestWorker::hangUp() { m_socket.reset(); }

void TestWorker::kill() {
  if (m_pid > 0) ::kill(m_pid, SIGKILL);
}

std::optional<int> TestWorker::waitExit(std::chrono::milliseconds limit) {
  if (!hasEnded(m_pid, m_pidFd.get(), limit)) return std::nullopt;
  int status = 0;
  rusage usage{};
  if (::wait4(m_pid, &status, 0, &usage) != m_pid) return std::nullopt;
  m_pid = -1;
  m_cpuSeconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  return status;
}

std::uint64_t TestWorker::cpuTicks() const {
  std::ifstream file("/proc/" + std::to_string(m_pid) + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return user + system;
}

TaskFolders::TaskFolders(const std::filesystem::path& root) : m_root(root) {
  for (const char* folder : {"blobs", "work", "out"}) std::filesystem::create_directories(root / folder);
}

worker::v1::Start TaskFolders::startFor(const v1::SpirvTask& task) const {
  worker::v1::Start start;
  start.mutable_spec()->set_name("test");
  *start.mutable_spec()->mutable_spirv() = task;
  start.set_gpu_id(softwareGpuId());
  start.set_blob_dir(m_root / "blobs");
  start.set_work_dir(m_root / "work");
  start.set_output_dir(m_root / "out");
  start.set_piece_ms(2);
  start.set_piece_limit_s(30);
  start.set_checkpoint_every_s(3600);
  return start;
}

std::string TaskFolders::putBlob(std::string_view bytes) const {
  std::string hash = sha256(bytes);
  std::ofstream(m_root / "blobs" / hash, std::ios::binary) << bytes;
  return hash;
}

std::uint64_t TaskFolders::bytesBeingSaved() const {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(m_root / "work" / "checkpoint.new", none);
  return none ? 0 : bytes;
}

std::string TaskFolders::output(const std::string& name) const {
  std::ifstream in(m_root / "out" / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> TaskFolders::filesIn(const char* folder) const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(m_root / folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

}  // namespace lull::fakes
