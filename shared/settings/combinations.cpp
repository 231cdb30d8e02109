// SPDX-License-Identifier: Apache-2.0
#include "settings/combinations.h"

#include "settings/description.h"

#include <array>
#include <string>

namespace lull::settings {

namespace {

constexpr std::array kCombinations{
    Combination{.lower = "thermal.resume", .higher = "thermal.stop"},
};

}  // namespace

std::span<const Combination> combinations() { return kCombinations; }

Outcome holds(const Combination& combination, const v1::Settings& settings) {
  const auto* lower = findField(combination.lower);
  const auto* higher = findField(combination.higher);
  if (lower == nullptr || higher == nullptr) {
    return Error(Error::Kind::Internal, "a combination names a setting that there is not");
  }
  if (lower->number(settings) < higher->number(settings)) return {};
  return Error(Error::Kind::Invalid, lower->key() + " (" + lower->text(settings) + ") must be below " + higher->key() +
                                         " (" + higher->text(settings) + ")");
}

}  // namespace lull::settings
