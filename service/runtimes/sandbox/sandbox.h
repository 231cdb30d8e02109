// SPDX-License-Identifier: Apache-2.0
// The one door to running a program that is not trusted. It sees a read-only system, the folders bound for it, a
// private /tmp, the devices named, the descriptors named, and nothing else: no network, no other process, no file of
// the owner's. It can neither gain rights nor leave. One thread: the loop's. What is behind the door is nobody's
// business outside this folder.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "process/child.h"
#include "runtimes/sandbox/ground.h"

#include <sys/types.h>

#include <asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::sandbox {

enum class Access { ReadOnly, ReadWrite };

struct Bind {
  std::filesystem::path from;  // file or folder here
  std::filesystem::path to;    // where it is inside
  Access access = Access::ReadOnly;
};

enum class Priority {
  Low,   // gives way, but gets its turn: what must give a GPU back needs the processor for that
  Idle,  // only what nobody else wants, of processors and of disks
};

// 0: no limit of ours.
struct Limits {
  std::uint64_t memoryBytes = 0;                 // main memory, what is in /tmp too where there is a ground
  std::uint32_t processes = 256;                 // threads count
  std::uint64_t fileBytes = 0;                   // of one file
  std::uint64_t diskBytes = 0;                   // in all folders bound for writing, beyond what was there
  std::uint64_t temporaryBytes = 256ULL << 20U;  // /tmp and /dev/shm, each
  std::uint32_t cores = 0;                       // so much of the processors' time at once
  Priority priority = Priority::Low;
};

// Confined: refuses where this computer cannot. Bare: without any sandbox, limits and priority alone hold; binds,
// devices and image do not, paths are this computer's. For owners who said so.
enum class Walls { Confined, Bare };

struct Spec {
  Walls walls = Walls::Confined;
  std::filesystem::path ownPrograms;                // folder of Lull's programs: lull-inside is one of them
  std::filesystem::path image = {};                 // folder with usr, lib…; empty: this computer's own system
  std::vector<Bind> binds = {};                     // in this order
  std::vector<std::filesystem::path> devices = {};  // nodes: /dev/dri/renderD128
  Limits limits = {};
  Ground ground = {};                         // where the kernel holds them for all inside together
  std::filesystem::path program;              // as it is called inside
  std::vector<std::string> arguments = {};    // without the program's own name
  std::vector<std::string> environment = {};  // "NAME=value"; PATH, HOME, TMPDIR and LANG are there unless named
  std::vector<process::DescriptorMap> descriptors = {};  // 0 and 1 are /dev/null, 2 is listened to, no others
  std::filesystem::path folder = "/";
  Milliseconds startLimit{10'000};
};

// How it ended: everything that ran inside is gone.
struct Ending {
  process::Exit exit;
  bool started = false;     // the program had been executed
  std::string why;          // when it never started or was ended for breaking a limit: for people, with what to do
  std::string lastWords;    // the end of what it wrote to its standard error; not to be trusted
  std::uint64_t cpuNs = 0;  // as Sandbox::cpuNs(), at its end
};
// `why` or else what the exit says: one sentence.
[[nodiscard]] std::string describe(const Ending& ending);

struct Hooks {
  std::function<void()> onStarted = {};  // the program has been executed; pid() is final from here on
  // Since `when` nothing inside runs, as freeze() asked; once for each freeze() that is not thawed before.
  std::function<void(Instant when)> onFrozen = {};
  std::function<void(const Ending&)> onExit;  // once, and last
};

class Sandbox {
public:
  // An error here: nothing was started. Everything later is told through the hooks, on the loop, never from inside a
  // call of this class and never after the Sandbox is destroyed. onExit may destroy it. A program that has not been
  // executed within the start limit is killed.
  [[nodiscard]] static Result<Sandbox> create(asio::io_context& loop, const Spec& spec, Hooks hooks);
  Sandbox(Sandbox&&) noexcept = default;
  Sandbox& operator=(Sandbox&& other) noexcept;
  ~Sandbox();  // kills everything inside; does not wait for it

  // A process of ours whose death ends everything inside. Another one until the program has been executed.
  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] bool running() const;
  void kill();  // everything inside; onExit follows
  // Nothing inside gets the processor until thaw(); onFrozen tells when that holds, usually within milliseconds. Before
  // it has started: it is frozen as soon as it has. kill() works on a frozen one. What makes itself go on again and
  // again is ended.
  void freeze();
  void thaw();
  // Since when nothing inside runs; nullopt: it does, or is not known to stand still yet.
  [[nodiscard]] std::optional<Instant> frozenAt() const;
  // Processor time of everything that has run inside, in nanoseconds; never falls. Where only /proc tells, what a
  // process used since the last look (each second, each call of this, and before each kill) is lost when nobody waits
  // for its end: when it is killed with all others, or its parent ignores its children.
  [[nodiscard]] std::uint64_t cpuNs() const;

private:
  struct State;
  explicit Sandbox(std::shared_ptr<State> state) : m_state(std::move(state)) {}
  std::shared_ptr<State> m_state;
};

}  // namespace lull::sandbox
