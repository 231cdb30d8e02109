// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/target.h"

#include "governor/process.h"

namespace lull::governor {

namespace {

constexpr std::uint64_t kFirstCommandProgram = 16;

}  // namespace

Target targetOf(VkCommandBuffer commands) {
  if (Recording* recording = recordingOf(commands)) return {&recording->table(), recording->current(), recording};
  return {&Process::get().device(commands)->table(), commands, nullptr};
}

Target targetOfWork(VkCommandBuffer commands, std::uint32_t command) {
  Recording* recording = recordingOf(commands);
  if (recording != nullptr && recording->tracks()) {
    const Work work{.program = kFirstCommandProgram + command, .units = 1};
    static_cast<void>(recording->startWork(work, false));
    recording->note(work);
  }
  return targetOf(commands);
}

Target targetOfScope(VkCommandBuffer commands) {
  if (Recording* recording = recordingOf(commands)) {
    recording->cutWhereWanted();
    recording->enterScope();
  }
  return targetOf(commands);
}

Target targetOfWorkScope(VkCommandBuffer commands, std::uint32_t command) {
  const Target to = targetOfWork(commands, command);
  if (to.recording != nullptr) to.recording->enterScope();
  return to;
}

Target targetOfUnsureScope(VkCommandBuffer commands) {
  if (Recording* recording = recordingOf(commands)) {
    if (recording->worked()) recording->cut();
    recording->noteUnknown();
    recording->cutSoon();
    recording->enterScope();
  }
  return targetOf(commands);
}

Target targetOfUnknown(VkCommandBuffer commands) {
  if (Recording* recording = recordingOf(commands)) recording->countUnknown();
  return targetOf(commands);
}

void leaveScope(const Target& target) {
  if (target.recording != nullptr) target.recording->leaveScope();
}

void stateLost(const Target& target) { target.recording->stopCutting(); }

void forgetState(const Target& target, std::uint32_t command) {
  if (StateLog* log = target.log()) log->drop(command);
}

}  // namespace lull::governor
