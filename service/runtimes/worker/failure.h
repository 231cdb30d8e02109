// SPDX-License-Identifier: Apache-2.0
// How a task fails: a kind the service acts on, words for the owner, the technical cause.
#pragma once

#include "base/result.h"
#include "lull/v1/task.pb.h"

#include <string>
#include <utility>
#include <variant>

namespace lull::worker {

using lull::v1::Failure;

[[nodiscard]] Failure failure(Failure::Kind kind, std::string message, std::string technical = {});
[[nodiscard]] inline Failure badTask(std::string message, std::string technical = {}) {
  return failure(Failure::KIND_BAD_TASK, std::move(message), std::move(technical));
}
[[nodiscard]] inline Failure tooBig(std::string message, std::string technical = {}) {
  return failure(Failure::KIND_TOO_BIG, std::move(message), std::move(technical));
}
// A disk that does not do its part.
[[nodiscard]] Failure fromStorage(const Error& error);

// A value, or why there is none.
template <typename T>
class [[nodiscard]] Attempt {
public:
  Attempt(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
  Attempt(Failure failure) : m_state(std::in_place_index<1>, std::move(failure)) {}

  [[nodiscard]] bool ok() const { return m_state.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& operator*() { return std::get<0>(m_state); }
  [[nodiscard]] const T& operator*() const { return std::get<0>(m_state); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(m_state); }
  [[nodiscard]] T* operator->() { return &std::get<0>(m_state); }
  [[nodiscard]] const Failure& failure() const { return std::get<1>(m_state); }

private:
  std::variant<T, Failure> m_state;
};

struct Done {};
using Step = Attempt<Done>;

}  // namespace lull::worker
