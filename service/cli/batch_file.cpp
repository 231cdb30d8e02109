// SPDX-License-Identifier: Apache-2.0
#include "cli/batch_file.h"

#include "cli/format.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace lull::cli {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMostRequests = 1'000'000;  // as the service
constexpr std::size_t kMostLine = 4ULL << 20U;
constexpr std::size_t kMostName = 512;  // of custom_id
constexpr std::size_t kTold = 5;        // bad lines
constexpr std::size_t kRun = 1 << 16;
constexpr std::array<std::string_view, 3> kUrls{"/v1/chat/completions", "/v1/completions", "/v1/embeddings"};

std::string textOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string shown(const std::string& text) { return harmless(shorten(text, 60)); }

std::string unknownUrl(const std::string& url) {
  return (url.empty() ? "url: none is named; " : fmt::format("url: \"{}\" is not answered here; ", shown(url))) +
         "/v1/chat/completions, /v1/completions and /v1/embeddings are";
}

// Counts lines and keeps the current one, as far as it may matter.
class Lines {
public:
  explicit Lines(BatchFile& out) : m_out(out) {}

  void take(std::string_view bytes) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      add(bytes.substr(0, end));
      finish();
      bytes.remove_prefix(end + 1);
    }
    add(bytes);
  }
  void finish() {
    ++m_number;
    if (m_line.find_first_not_of(" \t\r") != std::string::npos) judge();
    m_line.clear();
  }

private:
  void add(std::string_view part) {
    m_line += part.substr(0, std::min(part.size(), kMostLine + 1 - std::min(m_line.size(), kMostLine + 1)));
  }
  void judge() {
    ++m_out.requests;
    auto trouble = troubleOf(m_line);
    if (trouble.empty()) return;
    ++m_out.bad;
    if (m_out.firstBad.size() < kTold) m_out.firstBad.emplace_back(m_number, std::move(trouble));
  }

  BatchFile& m_out;
  std::string m_line;
  std::uint64_t m_number = 0;
};

Error interrupted() { return {Error::Kind::Unavailable, "interrupted"}; }

// Bytes until the end of `fd`, run by run.
Outcome eachRun(int fd, const Looking& looking, const std::function<Outcome(std::string_view)>& take) {
  std::array<char, kRun> run{};
  std::uint64_t done = 0;
  for (;;) {
    if (looking.interrupt.pending()) return interrupted();
    const ssize_t n = ::read(fd, run.data(), run.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", looking.name);
    if (n == 0) return {};
    if (auto taken = take({run.data(), static_cast<std::size_t>(n)}); !taken) return taken;
    done += static_cast<std::uint64_t>(n);
    if (looking.progress) looking.progress(done);
  }
}

Outcome writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("keep", "standard input in a temporary file");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

std::string troubleOf(std::string_view line) {
  if (line.size() > kMostLine) return "it has more than 4 MiB: split it into several requests";
  const auto parsed = Json::parse(line, nullptr, false);
  if (parsed.is_array()) return "it is a list: each line is one object, {…} (jq -c '.[]' FILE makes it so)";
  if (!parsed.is_object()) return "it is not a JSON object: is it cut off, or spread over several lines?";
  const auto name = textOf(parsed, "custom_id");
  if (name.empty() || name.size() > kMostName) return "custom_id: 1 to 512 characters are needed";
  if (textOf(parsed, "method") != "POST") return "method: \"POST\" is needed";
  const auto url = textOf(parsed, "url");
  if (std::ranges::find(kUrls, url) == kUrls.end()) return unknownUrl(url);
  const auto body = parsed.find("body");
  if (body == parsed.end() || !body->is_object()) return "body: an object with the request is needed";
  return {};
}

Result<BatchFile> lookAt(const std::filesystem::path& file, const Looking& looking) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return Error(Error::Kind::NotFound, "there is no file " + looking.name);
  if (!fd) return fromErrno("open", looking.name);
  BatchFile out;
  Lines lines(out);
  auto read = eachRun(fd.get(), looking, [&](std::string_view bytes) -> Outcome {
    lines.take(bytes);
    if (out.requests <= kMostRequests) return {};
    return Error(Error::Kind::Invalid, fmt::format("{} has more than {} lines: split it", looking.name, kMostRequests));
  });
  if (!read) return read.error();
  lines.finish();
  if (out.requests == 0) return Error(Error::Kind::Invalid, looking.name + " has no request: it is empty");
  if (out.bad == out.requests) {
    return Error(Error::Kind::Invalid,
                 fmt::format("{} holds no request; line {}: {}. `lull help batch run` shows what one looks like",
                             looking.name, out.firstBad.front().first, out.firstBad.front().second));
  }
  return out;
}

Result<Fd> keepStandardInput(const Interrupt& interrupt) {
  std::error_code code;
  const auto folder = std::filesystem::temp_directory_path(code);
  if (code) return fromErrno(code.value(), "find", "a folder for temporary files");
  std::string name = folder / "lull-batch.XXXXXX";
  Fd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return fromErrno("create a file in", folder.native());
  ::unlink(name.c_str());
  const Looking looking{.name = "standard input", .interrupt = interrupt, .progress = {}};
  auto kept = eachRun(STDIN_FILENO, looking, [&](std::string_view bytes) { return writeAll(fd.get(), bytes); });
  if (!kept) return kept.error();
  return fd;
}

std::filesystem::path pathOf(const Fd& fd) { return fmt::format("/proc/self/fd/{}", fd.get()); }

}  // namespace lull::cli
