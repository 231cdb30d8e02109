// SPDX-License-Identifier: Apache-2.0
// Parts of the kernel that no worker needs.
#include "attempts.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace hostile {

namespace {

Got mountMemory(Words words) {
  const Got got = through(::mount("none", words[0], "tmpfs", 0, nullptr));
  const int code = errno;
  ::umount2(words[0], MNT_DETACH);
  errno = code;
  return got;
}

long bpf() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 4;
  attributes.max_entries = 1;
  return ::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

long watchProcessor() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  return ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

long ring() {
  io_uring_params parameters{};
  return ::syscall(SYS_io_uring_setup, 1, &parameters);
}

long ownNamespace() {
  const int file = ::open("/proc/self/ns/uts", O_RDONLY);
  return file < 0 ? -1 : ::syscall(SYS_setns, file, 0);
}

struct Call {
  const char* name;
  long (*call)();
};
// With arguments that do no harm where they are let through.
constexpr Call kCalls[] = {
    {"acct", [] { return ::syscall(SYS_acct, "/nonexistent"); }},
    {"add_key", [] { return ::syscall(SYS_add_key, "user", "lull", "x", 1, KEY_SPEC_PROCESS_KEYRING); }},
    {"bpf", bpf},
    {"chroot", [] { return ::syscall(SYS_chroot, "/"); }},
    {"clock_settime", [] { return ::syscall(SYS_clock_settime, -1, nullptr); }},
    {"delete_module", [] { return ::syscall(SYS_delete_module, "lull_nothing", O_NONBLOCK); }},
    {"fanotify_init", [] { return ::syscall(SYS_fanotify_init, 0, 0); }},
    {"finit_module", [] { return ::syscall(SYS_finit_module, -1, "", 0); }},
    {"fsopen", [] { return ::syscall(SYS_fsopen, "tmpfs", 0); }},
    {"init_module", [] { return ::syscall(SYS_init_module, nullptr, 0, ""); }},
    {"io_uring_setup", ring},
    {"kcmp", [] { return ::syscall(SYS_kcmp, ::getpid(), ::getpid(), 0, 0, 0); }},
    {"kexec_file_load", [] { return ::syscall(SYS_kexec_file_load, -1, -1, 0, nullptr, -1L); }},
    {"kexec_load", [] { return ::syscall(SYS_kexec_load, 0, 0, nullptr, -1L); }},
    {"keyctl", [] { return ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1); }},
    {"move_mount", [] { return ::syscall(SYS_move_mount, -1, "", -1, "", -1); }},
    {"name_to_handle_at", [] { return ::syscall(SYS_name_to_handle_at, -1, "", nullptr, nullptr, -1); }},
    {"open_by_handle_at", [] { return ::syscall(SYS_open_by_handle_at, -1, nullptr, 0); }},
    {"open_tree", [] { return ::syscall(SYS_open_tree, -1, "", -1); }},
    {"perf_event_open", watchProcessor},
    {"pivot_root", [] { return ::syscall(SYS_pivot_root, "/nonexistent", "/nonexistent"); }},
    {"quotactl", [] { return ::syscall(SYS_quotactl, 0, "/nonexistent", 0, nullptr); }},
    {"reboot", [] { return ::syscall(SYS_reboot, 0, 0, 0, nullptr); }},  // wrong magic numbers
    {"request_key", [] { return ::syscall(SYS_request_key, "user", "lull", nullptr, KEY_SPEC_PROCESS_KEYRING); }},
    {"sethostname", [] { return ::syscall(SYS_sethostname, nullptr, -1L); }},
    {"setns", ownNamespace},
    {"settimeofday", [] { return ::syscall(SYS_settimeofday, nullptr, nullptr); }},
    {"swapon", [] { return ::syscall(SYS_swapon, "/nonexistent", 0); }},
    {"syslog", [] { return ::syscall(SYS_syslog, 10, nullptr, 0); }},  // the size of the kernel's log
    {"umount2", [] { return ::syscall(SYS_umount2, "/nonexistent", 0); }},
    {"userfaultfd", [] { return ::syscall(SYS_userfaultfd, O_CLOEXEC); }},
};

Got call(Words words) {
  for (const auto& known : kCalls) {
    if (std::strcmp(known.name, words[0]) == 0) return reached(known.call());
  }
  return Got::Unusable;
}

constexpr struct {
  const char* name;
  int flag;
} kNamespaces[] = {{"user", CLONE_NEWUSER},     {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},
                   {"net", CLONE_NEWNET},       {"ipc", CLONE_NEWIPC},  {"uts", CLONE_NEWUTS},
                   {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};

int flagOf(const char* name) {
  for (const auto& known : kNamespaces) {
    if (std::strcmp(known.name, name) == 0) return known.flag;
  }
  return 0;
}

Got unshareOne(Words words) { return through(::unshare(flagOf(words[0]))); }

// A child in a new namespace, by the old call and the new one.
Got cloneOne(Words words) {
  const long child = ::syscall(SYS_clone, flagOf(words[0]) | SIGCHLD, nullptr, nullptr, nullptr, 0);
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  return through(child);
}

Got cloneByNewCall(Words words) {
  clone_args arguments{};
  arguments.flags = static_cast<std::uint64_t>(flagOf(words[0]));
  arguments.exit_signal = SIGCHLD;
  const long child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  return through(child);
}

// Not a terminal, so a request that is let through is answered with ENOTTY.
Got terminal(Words words) {
  const int file = ::open("/dev/null", O_RDWR);
  const auto request = std::strtoul(words[0], nullptr, 0);
  char character = 'x';
  return reached(::syscall(SYS_ioctl, file, request, &character));
}

Got changePersonality(Words words) { return through(::personality(std::strtoul(words[0], nullptr, 0))); }

Got capability(Words) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return Got::Unusable;
  return (data[0].effective | data[1].effective | data[0].permitted | data[1].permitted) != 0 ? Got::Through
                                                                                              : Got::Denied;
}

// getpid by the numbers of 32-bit programs: a filter that knows only its own mode's numbers would let them pass.
Got oldMode(Words) {
#if defined(__x86_64__)
  const pid_t child = ::fork();
  if (child == 0) {
    long result = 20;
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    ::_exit(result > 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status)) return Got::Unusable;  // this kernel has no such mode
  return WEXITSTATUS(status) == 0 ? Got::Through : Got::Denied;
#else
  return Got::Unusable;
#endif
}

constexpr Attempt kAttempts[] = {{"mount", mountMemory},
                                 {"call", call},
                                 {"unshare", unshareOne},
                                 {"clone", cloneOne},
                                 {"clone3", cloneByNewCall},
                                 {"terminal", terminal},
                                 {"personality", changePersonality},
                                 {"capability", capability},
                                 {"old-mode", oldMode}};

}  // namespace

std::span<const Attempt> kernelAttempts() { return kAttempts; }

}  // namespace hostile
