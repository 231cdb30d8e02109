// SPDX-License-Identifier: Apache-2.0
#include "runtimes/worker/failure.h"

namespace lull::worker {

Failure failure(Failure::Kind kind, std::string message, std::string technical) {
  Failure out;
  out.set_kind(kind);
  out.set_message(std::move(message));
  out.set_technical(std::move(technical));
  return out;
}

Failure fromStorage(const Error& error) {
  const bool full = error.kind() == Error::Kind::TooBig;
  return failure(
      Failure::KIND_STORAGE,
      full ? "The disk is full, or a file became larger than it may. Free some space, or let tasks use more of it "
             "(tasks.max_storage)."
           : "A file of this task could not be read or written. Check the disk.",
      error.text());
}

}  // namespace lull::worker
