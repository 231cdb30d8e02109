// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/strangers.h"

#include "governor/process.h"
#include "governor/recording/target.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <mutex>

#if defined(__x86_64__) || defined(__aarch64__)
#define LULL_STUBS 256
#endif

namespace lull::governor {

namespace {

constexpr std::size_t kStubs = 256;

// The names that stubs were given for; an entry is never changed again.
struct Names {
  std::mutex mutex;
  std::array<const char*, kStubs> names{};
  std::size_t count = 0;
};
Names& theNames() {
  static Names* const names = new Names;  // never destroyed: stubs may be called to the last
  return *names;
}

#ifdef LULL_STUBS
// In two registers on both processors.
struct Resolved {
  PFN_vkVoidFunction function;
  VkCommandBuffer commands;
};

const char* nameOf(std::size_t index) {
  Names& known = theNames();
  const std::lock_guard lock(known.mutex);
  return known.names[index];
}
#endif

}  // namespace

bool isCommand(const char* name) { return std::strncmp(name, "vkCmd", 5) == 0; }

}  // namespace lull::governor

#ifdef LULL_STUBS

// Called by the stubs.
extern "C" __attribute__((visibility("hidden"), used)) lull::governor::Resolved lullResolveStranger(
    VkCommandBuffer commands, std::size_t index) noexcept {
  using namespace lull::governor;
  const Target to = targetOfUnknown(commands);
  Device& device = *Process::get().device(commands);
  return {device.table().GetDeviceProcAddr(device.handle(), nameOf(index)), to.commands};
}

extern "C" __attribute__((visibility("hidden"))) const char lullStrangers[];

#if defined(__x86_64__)
// Each stub is 16 bytes: its index, then to the common part. That keeps all registers that arguments may be in, has the
// first one replaced, and leaves the stack as it was for the arguments on it.
asm(R"(
  .pushsection .text
  .p2align 4
  .hidden lullStrangers
  .globl lullStrangers
  .type lullStrangers, @function
lullStrangers:
  .set lullIndex, 0
  .rept 256
  .p2align 4
  endbr64
  movl $lullIndex, %r11d
  jmp lullStranger
  .set lullIndex, lullIndex + 1
  .endr
  .p2align 4
  .type lullStranger, @function
lullStranger:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  subq $176, %rsp
  movq %rsi, (%rsp)
  movq %rdx, 8(%rsp)
  movq %rcx, 16(%rsp)
  movq %r8, 24(%rsp)
  movq %r9, 32(%rsp)
  movups %xmm0, 48(%rsp)
  movups %xmm1, 64(%rsp)
  movups %xmm2, 80(%rsp)
  movups %xmm3, 96(%rsp)
  movups %xmm4, 112(%rsp)
  movups %xmm5, 128(%rsp)
  movups %xmm6, 144(%rsp)
  movups %xmm7, 160(%rsp)
  movl %r11d, %esi
  call lullResolveStranger
  movq %rax, %r11
  movq %rdx, %rdi
  movq (%rsp), %rsi
  movq 8(%rsp), %rdx
  movq 16(%rsp), %rcx
  movq 24(%rsp), %r8
  movq 32(%rsp), %r9
  movups 48(%rsp), %xmm0
  movups 64(%rsp), %xmm1
  movups 80(%rsp), %xmm2
  movups 96(%rsp), %xmm3
  movups 112(%rsp), %xmm4
  movups 128(%rsp), %xmm5
  movups 144(%rsp), %xmm6
  movups 160(%rsp), %xmm7
  leave
  .cfi_def_cfa %rsp, 8
  jmp *%r11
  .cfi_endproc
  .size lullStranger, . - lullStranger
  .popsection
)");
#else
asm(R"(
  .pushsection .text
  .p2align 4
  .hidden lullStrangers
  .globl lullStrangers
  .type lullStrangers, %function
lullStrangers:
  .set lullIndex, 0
  .rept 256
  .p2align 4
  hint #34
  mov w16, #lullIndex
  b lullStranger
  .set lullIndex, lullIndex + 1
  .endr
  .p2align 4
  .type lullStranger, %function
lullStranger:
  .cfi_startproc
  stp x29, x30, [sp, #-224]!
  .cfi_def_cfa_offset 224
  .cfi_offset 29, -224
  .cfi_offset 30, -216
  mov x29, sp
  stp x1, x2, [sp, #16]
  stp x3, x4, [sp, #32]
  stp x5, x6, [sp, #48]
  stp x7, x8, [sp, #64]
  stp q0, q1, [sp, #96]
  stp q2, q3, [sp, #128]
  stp q4, q5, [sp, #160]
  stp q6, q7, [sp, #192]
  mov w1, w16
  bl lullResolveStranger
  mov x16, x0
  mov x0, x1
  ldp x1, x2, [sp, #16]
  ldp x3, x4, [sp, #32]
  ldp x5, x6, [sp, #48]
  ldp x7, x8, [sp, #64]
  ldp q0, q1, [sp, #96]
  ldp q2, q3, [sp, #128]
  ldp q4, q5, [sp, #160]
  ldp q6, q7, [sp, #192]
  ldp x29, x30, [sp], #224
  .cfi_def_cfa_offset 0
  .cfi_restore 29
  .cfi_restore 30
  br x16
  .cfi_endproc
  .size lullStranger, . - lullStranger
  .popsection
)");
#endif

#endif

namespace lull::governor {

PFN_vkVoidFunction strangerFor(const char* name) noexcept {
#ifdef LULL_STUBS
  static_assert(kStubs == LULL_STUBS);
  constexpr std::size_t kStubBytes = 16;
  Names& known = theNames();
  const std::lock_guard lock(known.mutex);
  for (std::size_t i = 0; i < known.count; ++i) {
    if (std::strcmp(known.names[i], name) == 0)
      return reinterpret_cast<PFN_vkVoidFunction>(lullStrangers + i * kStubBytes);
  }
  if (known.count == kStubs) return nullptr;
  const char* copy = ::strdup(name);
  if (copy == nullptr) return nullptr;
  known.names[known.count] = copy;
  return reinterpret_cast<PFN_vkVoidFunction>(lullStrangers + kStubBytes * known.count++);
#else
  static_cast<void>(name);
  return nullptr;
#endif
}

}  // namespace lull::governor
