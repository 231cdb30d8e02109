// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace lull {

namespace {

Error::Kind kindOf(int errnoValue) {
  switch (errnoValue) {
    case ENOENT:
      return Error::Kind::NotFound;
    case EACCES:
    case EPERM:
      return Error::Kind::Denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Error::Kind::TooBig;
    default:
      return Error::Kind::Io;
  }
}

}  // namespace

Error fromErrno(std::string_view call, std::string_view subject) { return fromErrno(errno, call, subject); }

Error fromErrno(int errnoValue, std::string_view call, std::string_view subject) {
  std::string text(call);
  if (!subject.empty()) {
    text += ' ';
    text += subject;
  }
  text += ": ";
  text += std::generic_category().message(errnoValue);
  return {kindOf(errnoValue), std::move(text)};
}

}  // namespace lull
