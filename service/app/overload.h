// SPDX-License-Identifier: Apache-2.0
// One function for each alternative of a std::variant.
#pragma once

namespace lull::app {

template <typename... F>
struct Overload : F... {
  using F::operator()...;
};
template <typename... F>
Overload(F...) -> Overload<F...>;  // clang 14 does not find it by itself

}  // namespace lull::app
