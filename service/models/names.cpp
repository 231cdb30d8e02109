// SPDX-License-Identifier: Apache-2.0
#include "models/names.h"

#include "base/utf8.h"
#include "models/address.h"

#include <algorithm>

namespace lull::models {

namespace {

constexpr std::size_t kLongest = 120;

bool steers(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

Outcome checkName(std::string_view name) {
  if (name.empty() || name.size() > kLongest) {
    return Error(Error::Kind::Invalid, "name: 1 to 120 characters are needed");
  }
  if (name.front() == '-' || std::ranges::any_of(name, steers) || validUtf8(name) != name) {
    return Error(Error::Kind::Invalid, "name: it must be plain text, and not begin with a dash");
  }
  return {};
}

std::string nameFrom(std::string_view pathOrUrl) {
  auto name = validUtf8(nameIn(pathOrUrl));
  std::erase_if(name, steers);
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  name = std::string(cutUtf8(name, kLongest));
  return name.empty() ? "model" : name;
}

}  // namespace lull::models
