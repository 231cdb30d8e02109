// SPDX-License-Identifier: Apache-2.0
#include "cli/exit.h"

namespace lull::cli {

Exit exitFor(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::Denied:
      return Exit::Denied;
    case Error::Kind::NotFound:
      return Exit::NotFound;
    case Error::Kind::Invalid:
    case Error::Kind::Conflict:
    case Error::Kind::Unavailable:
    case Error::Kind::Version:
    case Error::Kind::TooBig:
    case Error::Kind::Io:
    case Error::Kind::Internal:
      return Exit::Failed;
  }
  return Exit::Failed;
}

std::string_view nameOf(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::Invalid:
      return "invalid";
    case Error::Kind::NotFound:
      return "not_found";
    case Error::Kind::Denied:
      return "denied";
    case Error::Kind::Conflict:
      return "conflict";
    case Error::Kind::Unavailable:
      return "unavailable";
    case Error::Kind::Version:
      return "version";
    case Error::Kind::TooBig:
      return "too_big";
    case Error::Kind::Io:
      return "io";
    case Error::Kind::Internal:
      return "internal";
  }
  return "internal";
}

}  // namespace lull::cli
