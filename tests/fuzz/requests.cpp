// SPDX-License-Identifier: Apache-2.0
// The requests of a batch, fed with anything: a file of lines, each a request or a refusal.
#include "runtimes/llama/lines.h"
#include "runtimes/llama/request.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace lull::runtimes::llama;
using nlohmann::json;

namespace {

constexpr std::size_t kMost = 64;  // lines of one file

void must(bool holds) {
  if (!holds) std::abort();
}

bool isBlank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = text.find('\n');
    if (const auto line = text.substr(0, end); !isBlank(line)) out.push_back(line);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

void check(const Refusal& refusal) {
  must(!refusal.message.empty() && refusal.status >= 400 && refusal.customId.size() <= 512);
  const auto text = errorBody(refusal).dump(-1, ' ', false, json::error_handler_t::replace);
  must(text.find('\n') == std::string::npos && json::accept(text));
}

// What is passed on is a request itself, and means the same.
void check(const Request& request) {
  must(!request.customId.empty() && request.customId.size() <= 512 && request.body.is_object());
  must(!request.body.contains("stream"));
  for (const auto& [key, value] : request.sampling.items()) must(request.body.contains(key) && !value.is_null());
  const json again{
      {"custom_id", request.customId}, {"method", "POST"}, {"url", pathOf(request.endpoint)}, {"body", request.body}};
  const auto text = again.dump();
  if (text.size() > kMaxLine) return;  // numbers may be longer in full
  const auto read = readRequest(text);
  const auto* same = std::get_if<Request>(&read);
  must(same != nullptr && same->endpoint == request.endpoint && same->way == request.way &&
       same->body == request.body && same->sampling == request.sampling && same->customId == request.customId);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const int file = ::memfd_create("requests", MFD_CLOEXEC);
  must(::ftruncate(file, 0) == 0 && ::pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto expected = linesOf(text);
  const auto lines = Lines::open("/proc/self/fd/" + std::to_string(file), kMost);
  must(lines.ok() == (expected.size() <= kMost));
  if (!lines) return 0;
  must(lines->size() == expected.size());
  for (std::size_t i = 0; i < lines->size(); ++i) {
    must(*lines->read(i, 15) == expected[i].substr(0, 16));
    const auto line = lines->read(i, kMaxLine);
    must(line.ok() && *line == expected[i]);
    std::visit([](const auto& read) { check(read); }, readRequest(*line));
  }
  return 0;
}
