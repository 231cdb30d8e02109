// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/journal.h"

#include "runtimes/worker/stream.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <charconv>

namespace lull::runtimes::llama {

using nlohmann::json;

namespace {

// A record: 8 hex digits of the CRC-32 of the rest, a space, JSON, end of line.
constexpr std::size_t kSum = 9;

std::uint32_t sumOf(std::string_view text) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

std::string framed(const std::string& body) { return fmt::format("{:08x} {}\n", sumOf(body), body); }

// The JSON of a record (its line without the end); nullopt: torn.
std::optional<std::string_view> checked(std::string_view line) {
  std::uint32_t sum = 0;
  if (line.size() <= kSum || line[kSum - 1] != ' ') return std::nullopt;
  const auto read = std::from_chars(line.data(), line.data() + kSum - 1, sum, 16);
  if (read.ec != std::errc() || read.ptr != line.data() + kSum - 1) return std::nullopt;
  const auto body = line.substr(kSum);
  return sumOf(body) == sum ? std::optional(body) : std::nullopt;
}

// Reads lines of any length in bounded runs; stops where `take` says so.
Outcome eachLine(int fd, const std::function<bool(std::string_view)>& take) {
  std::string rest;
  std::array<char, 1 << 16> run{};
  std::uint64_t at = 0;
  for (;;) {
    const ssize_t n = ::pread(fd, run.data(), run.size(), static_cast<off_t>(at));
    if (n < 0) return fromErrno("read", "the batch's journal");
    if (n == 0) return {};
    at += static_cast<std::uint64_t>(n);
    rest.append(run.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (auto end = rest.find('\n', begin); end != std::string::npos; end = rest.find('\n', begin)) {
      if (!take(std::string_view(rest).substr(begin, end - begin))) return {};
      begin = end + 1;
    }
    rest.erase(0, begin);
  }
}

json usageJson(const v1::TokenUsage& usage) {
  return json::array({usage.prompt(), usage.completion(), usage.requests(), usage.requests_failed()});
}

void addTo(v1::TokenUsage& sum, const json& usage) {
  sum.set_prompt(sum.prompt() + usage.at(0).get<std::uint64_t>());
  sum.set_completion(sum.completion() + usage.at(1).get<std::uint64_t>());
  sum.set_requests(sum.requests() + usage.at(2).get<std::uint64_t>());
  sum.set_requests_failed(sum.requests_failed() + usage.at(3).get<std::uint64_t>());
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& file, const std::string& fingerprint,
                                               std::size_t requests) {
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fromErrno("open", file.native());
  std::unique_ptr<Journal> journal(new Journal(std::move(fd), requests));
  if (auto read = journal->read(fingerprint); !read) return read.error();
  return journal;
}

Outcome Journal::read(const std::string& fingerprint) {
  bool first = true;
  bool ours = true;
  auto looked = eachLine(m_fd.get(), [&](std::string_view line) {
    const auto body = checked(line);
    if (!body) return false;
    if (std::exchange(first, false)) {
      const auto head = json::parse(*body, nullptr, false);
      ours = head.is_object() && head.value("task", "") == fingerprint;
      if (!ours) return false;
    } else {
      take(*body, m_end + kSum);
    }
    m_end += line.size() + 1;
    return true;
  });
  if (!looked) return looked;
  if (!ours) return Error(Error::Kind::Invalid, "the batch's journal belongs to another task");
  if (::ftruncate(m_fd.get(), static_cast<off_t>(m_end)) != 0) return fromErrno("truncate", "the batch's journal");
  return m_end == 0 ? append(json{{"task", fingerprint}}.dump()) : Outcome{};
}

// Written by this class and whole by its sum; what does not fit all the same is left out.
void Journal::take(std::string_view record, std::uint64_t at) {
  try {
    const json entry = json::parse(record);
    const auto request = entry.at("i").get<std::size_t>();
    if (request >= m_entries.size() || m_entries[request].size > 0) return;
    if (entry.contains("line")) {
      m_entries[request].at = at;
      m_entries[request].size = static_cast<std::uint32_t>(record.size());
      m_drafts.erase(request);
      addTo(m_usage, entry.at("usage"));
      ++m_done;
    } else if (entry.contains("strike")) {
      ++m_entries[request].strikes;
    } else if (entry.contains("shortage")) {
      ++m_entries[request].shortages;
    } else {
      Draft& draft = m_drafts[request];
      draft.promptTokens = entry.at("prompt").get<std::uint64_t>();
      for (const auto& token : entry.at("tokens")) draft.tokens.push_back(token.get<std::int32_t>());
      draft.text += entry.at("text").get<std::string>();
    }
  } catch (const json::exception&) {
    return;
  }
}

Outcome Journal::append(const std::string& record) {
  const auto bytes = framed(record);
  if (::lseek(m_fd.get(), static_cast<off_t>(m_end), SEEK_SET) < 0) return fromErrno("lseek", "the batch's journal");
  if (auto written = worker::writeAll(m_fd.get(), bytes); !written)
    return written.error().during("the batch's journal");
  m_end += bytes.size();
  return {};
}

Outcome Journal::add(const std::string& record) {
  {
    const std::lock_guard lock(m_mutex);
    const auto at = m_end + kSum;
    if (auto appended = append(record); !appended) return appended;
    take(record, at);
  }
  if (m_grown) m_grown();
  return {};
}

bool Journal::isDone(std::size_t request) const {
  const std::lock_guard lock(m_mutex);
  return m_entries.at(request).size > 0;
}

Draft Journal::draft(std::size_t request) const {
  const std::lock_guard lock(m_mutex);
  const auto found = m_drafts.find(request);
  return found == m_drafts.end() ? Draft{} : found->second;
}

unsigned Journal::strikes(std::size_t request) const {
  const std::lock_guard lock(m_mutex);
  return m_entries.at(request).strikes;
}

unsigned Journal::shortages(std::size_t request) const {
  const std::lock_guard lock(m_mutex);
  return m_entries.at(request).shortages;
}

v1::TokenUsage Journal::usage() const {
  const std::lock_guard lock(m_mutex);
  return m_usage;
}

std::size_t Journal::done() const {
  const std::lock_guard lock(m_mutex);
  return m_done;
}

Outcome Journal::extend(std::size_t request, const Draft& more) {
  const std::string record =
      json{{"i", request}, {"prompt", more.promptTokens}, {"tokens", more.tokens}, {"text", more.text}}.dump();
  return add(record);
}

Outcome Journal::strike(std::size_t request) { return add(json{{"i", request}, {"strike", true}}.dump()); }

Outcome Journal::runShort(std::size_t request) { return add(json{{"i", request}, {"shortage", true}}.dump()); }

Outcome Journal::finish(std::size_t request, const std::string& line, const v1::TokenUsage& usage) {
  return add(json{{"i", request}, {"usage", usageJson(usage)}, {"line", line}}.dump());
}

Outcome Journal::readLines(const std::function<Outcome(std::string_view)>& take) const {
  std::string record;
  for (const Entry& entry : m_entries) {
    record.resize(entry.size);
    const ssize_t n = ::pread(m_fd.get(), record.data(), record.size(), static_cast<off_t>(entry.at));
    if (n < 0) return fromErrno("read", "the batch's journal");
    const json read = json::parse(record, nullptr, false);
    if (static_cast<std::size_t>(n) != record.size() || !read.is_object()) {
      return Error(Error::Kind::Io, "the batch's journal has lost an answer");
    }
    if (auto taken = take(read.at("line").get_ref<const std::string&>()); !taken) return taken;
  }
  return {};
}

Outcome Journal::sync() {
  return ::fdatasync(m_fd.get()) == 0 ? Outcome{} : Outcome(fromErrno("fdatasync", "the batch's journal"));
}

}  // namespace lull::runtimes::llama
