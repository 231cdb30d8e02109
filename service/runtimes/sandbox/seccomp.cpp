// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/seccomp.h"

#include "runtimes/sandbox/calls.h"

#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>

namespace lull::sandbox {

namespace {

// The kernel reads these arguments as 32 bits: without the mask, set upper bits would slip past a comparison.
constexpr std::uint64_t kLow32 = 0xffffffff;
constexpr std::uint32_t kNamespaceFlags[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                             CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
// Putting characters into a terminal, as its user would; TIOCSETD loads line disciplines, a source of kernel faults.
constexpr std::uint32_t kTerminalTricks[] = {TIOCSTI, TIOCLINUX, TIOCSETD, TIOCCONS};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

Error trouble(int code, const char* step) { return fromErrno(-code, step, "seccomp filter"); }

Result<Filter> makeFilter(std::uint32_t otherwise) {
  Filter filter(seccomp_init(otherwise));
  if (!filter) return Error(Error::Kind::Internal, "libseccomp makes no filter");
  // Calls by another processor mode's numbers (32 bit, x32) mean something else: none of them exists.
  const int code = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
  if (code != 0) return trouble(code, "foreign modes");
  return filter;
}

Outcome answer(const Filter& filter, std::uint32_t action, const char* name) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return {};
  const int code = seccomp_rule_add(filter.get(), action, number, 0);
  // EDOM: a call this processor does not have.
  return code == 0 || code == -EDOM ? Outcome() : trouble(code, name);
}

Outcome answerWhen(const Filter& filter, std::uint32_t action, const char* name, scmp_arg_cmp argument) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return {};
  const int code = seccomp_rule_add_array(filter.get(), action, number, 1, &argument);
  return code == 0 || code == -EDOM ? Outcome() : trouble(code, name);
}

scmp_arg_cmp lowEquals(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

Result<Fd> exported(const Filter& filter) {
  Fd file(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!file) return fromErrno("memfd_create");
  if (const int code = seccomp_export_bpf(filter.get(), file.get()); code != 0) return trouble(code, "writing");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fromErrno("lseek");
  return file;
}

Outcome refuseNamespaces(const Filter& filter) {
  for (const auto flag : kNamespaceFlags) {
    if (auto done = answerWhen(filter, SCMP_ACT_ERRNO(EPERM), "clone", lowEquals(0, flag, flag)); !done) return done;
  }
  return {};
}

Outcome refuseTerminalTricks(const Filter& filter) {
  for (const auto request : kTerminalTricks) {
    auto done = answerWhen(filter, SCMP_ACT_ERRNO(EPERM), "ioctl", lowEquals(1, kLow32, request));
    if (!done) return done;
  }
  return {};
}

// Not even in a network namespace without a network: their code in the kernel is large, and AF_VSOCK knows no
// namespace.
Outcome refuseOtherSockets(const Filter& filter) {
  for (const char* call : {"socket", "socketpair"}) {
    const scmp_arg_cmp local{.arg = 0, .op = SCMP_CMP_NE, .datum_a = AF_UNIX, .datum_b = 0};
    if (auto done = answerWhen(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), call, local); !done) return done;
  }
  return {};
}

Outcome refuseDeviceNodes(const Filter& filter) {
  for (const auto type : {std::uint32_t{S_IFCHR}, std::uint32_t{S_IFBLK}}) {
    for (const auto& [call, mode] : {std::pair{"mknod", 1U}, std::pair{"mknodat", 2U}}) {
      if (auto done = answerWhen(filter, SCMP_ACT_ERRNO(EPERM), call, lowEquals(mode, S_IFMT, type)); !done)
        return done;
    }
  }
  return {};
}

// Personalities turn protections off. Asking for the present one (all bits set) and the plain one are harmless.
Outcome refusePersonalities(const Filter& filter) {
  for (unsigned bit = 0; bit < 31; ++bit) {
    // all bits set is the question, so a bit counts only while the highest is clear
    const std::uint64_t set = std::uint64_t{1} << bit;
    auto done = answerWhen(filter, SCMP_ACT_ERRNO(EPERM), "personality", lowEquals(0, set | 0x80000000U, set));
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<Fd> filterByName() {
  auto filter = makeFilter(SCMP_ACT_ERRNO(ENOSYS));
  if (!filter) return filter.error();
  for (const char* name : kAllowedCalls) {
    if (auto done = answer(*filter, SCMP_ACT_ALLOW, name); !done) return done.error();
  }
  for (const char* name : kRefusedCalls) {
    if (auto done = answer(*filter, SCMP_ACT_ERRNO(EPERM), name); !done) return done.error();
  }
  // Found by a binary search: hundreds of comparisons before each call would cost.
  if (const int code = seccomp_attr_set(filter->get(), SCMP_FLTATR_CTL_OPTIMIZE, 2); code != 0) {
    return trouble(code, "sorting");
  }
  return exported(*filter);
}

Result<Fd> filterByArguments(Cores cores) {
  auto filter = makeFilter(SCMP_ACT_ALLOW);
  if (!filter) return filter.error();
  for (const auto step :
       {refuseNamespaces, refuseTerminalTricks, refuseOtherSockets, refuseDeviceNodes, refusePersonalities}) {
    if (auto done = step(*filter); !done) return done.error();
  }
  if (cores == Cores::Fixed) {
    auto done = answer(*filter, SCMP_ACT_ERRNO(EPERM), "sched_setaffinity");
    if (!done) return done.error();
  }
  return exported(*filter);
}

}  // namespace lull::sandbox
