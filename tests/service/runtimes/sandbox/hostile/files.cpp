// SPDX-License-Identifier: Apache-2.0
// Files, folders, devices, descriptors.
#include "attempts.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace hostile {

namespace {

Got readFile(Words words) {
  const int file = ::open(words[0], O_RDONLY);
  if (file < 0) return Got::Denied;
  char byte = 0;
  return ::read(file, &byte, 1) == 1 ? Got::Through : Got::Denied;
}

Got writeFile(Words words) {
  const int file = ::open(words[0], O_WRONLY | O_CREAT, 0600);
  if (file < 0) return Got::Denied;
  return ::write(file, "x", 1) == 1 ? Got::Through : Got::Denied;
}

// Of kernel tunables: open for writing is enough, nothing is changed.
Got openForWriting(Words words) { return through(::open(words[0], O_WRONLY)); }

Got openDevice(Words words) { return through(::open(words[0], O_RDWR | O_NONBLOCK)); }

// Anything at all in a folder.
Got list(Words words) {
  DIR* folder = ::opendir(words[0]);
  if (folder == nullptr) return Got::Denied;
  while (const dirent* entry = ::readdir(folder)) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) return Got::Through;
  }
  return Got::Denied;
}

Got makeDevice(Words words) {
  const auto node = std::string(words[0]) + "/node";
  const Got got = through(::mknod(node.c_str(), S_IFCHR | 0600, makedev(1, 3)));
  const int code = errno;
  ::unlink(node.c_str());
  errno = code;
  return got;
}

// An open descriptor beside the standard ones and those named.
Got inheritedDescriptor(Words words) {
  for (int fd = 3; fd < 4096; ++fd) {
    bool named = false;
    for (const char* word : words) named = named || std::atoi(word) == fd;
    if (!named && ::fcntl(fd, F_GETFD) >= 0) return Got::Through;
  }
  return Got::Denied;
}

Got gainByProgram(Words words) {
  struct statvfs status {};
  if (::statvfs(words[0], &status) != 0) return Got::Unusable;
  const bool stopped = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && (status.f_flag & ST_NOSUID) != 0;
  return stopped ? Got::Denied : Got::Through;
}

// A name in the environment that is not among those given.
Got foreignVariable(Words words) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::size_t length = std::strcspn(*variable, "=");
    bool named = false;
    for (const char* word : words) {
      named = named || (std::strlen(word) == length && std::strncmp(word, *variable, length) == 0);
    }
    if (!named) return Got::Through;
  }
  return Got::Denied;
}

constexpr Attempt kAttempts[] = {{"read", readFile},
                                 {"write", writeFile},
                                 {"tune", openForWriting},
                                 {"device", openDevice},
                                 {"list", list},
                                 {"mknod", makeDevice},
                                 {"inherit", inheritedDescriptor},
                                 {"setuid", gainByProgram},
                                 {"environment", foreignVariable}};

}  // namespace

std::span<const Attempt> fileAttempts() { return kAttempts; }

}  // namespace hostile
