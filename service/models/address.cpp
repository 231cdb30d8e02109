// SPDX-License-Identifier: Apache-2.0
#include "models/address.h"

#include <algorithm>

namespace lull::models {

namespace {

constexpr std::size_t kLongest = 4096;
constexpr std::string_view kSecure = "https://";
constexpr std::string_view kPlain = "http://";
constexpr std::string_view kHere = "127.0.0.1";

Error invalid(std::string text) { return {Error::Kind::Invalid, std::move(text)}; }

// RFC 3986, and nothing that two readers could understand differently.
bool mayStandInAddress(char c) {
  constexpr std::string_view kMarks = "-._~:/?#[]@!$&'()*+,;=%";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

std::string_view authorityOf(std::string_view afterScheme) {
  return afterScheme.substr(0, afterScheme.find_first_of("/?#"));
}

bool isPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool isLocal(std::string_view url) {
  if (!url.starts_with(kPlain)) return false;
  const auto authority = authorityOf(url.substr(kPlain.size()));
  if (!authority.starts_with(kHere)) return false;
  const auto rest = authority.substr(kHere.size());
  return rest.empty() || (rest.front() == ':' && isPort(rest.substr(1)));
}

Outcome checkAddress(std::string_view url) {
  if (url.size() > kLongest) return invalid("the address is too long");
  if (!std::ranges::all_of(url, mayStandInAddress)) return invalid("the address holds characters that must be escaped");
  if (url.starts_with(kPlain)) {
    if (isLocal(url)) return {};
    return invalid("models are fetched over https:// only: over http:// anybody on the way could change them");
  }
  if (!url.starts_with(kSecure)) return invalid("the address must begin with https://");
  const auto authority = authorityOf(url.substr(kSecure.size()));
  if (authority.find('@') != std::string_view::npos) {
    return invalid("the address must not hold a user name or password: it is shown to others");
  }
  if (authority.empty() || authority.front() == ':') return invalid("the address names no computer");
  return {};
}

std::string shownAddress(std::string_view url) { return std::string(url.substr(0, url.find_first_of("?#"))); }

std::string nameIn(std::string_view pathOrUrl) {
  auto path = pathOrUrl.substr(0, pathOrUrl.find_first_of("?#"));
  if (const auto scheme = path.find("://"); scheme != std::string_view::npos) {
    path.remove_prefix(scheme + 3);
    if (path.find('/') == std::string_view::npos) return "model";
  }
  path = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  if (path.size() > 5 && path.ends_with(".gguf")) path.remove_suffix(5);
  return path.empty() ? "model" : std::string(path);
}

}  // namespace lull::models
