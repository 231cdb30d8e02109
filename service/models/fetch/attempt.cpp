// SPDX-License-Identifier: Apache-2.0
#include "models/fetch/attempt.h"

#include "base/version.h"
#include "models/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace lull::models::fetch {

namespace {

constexpr std::size_t kMostOfAPage = 256 * 1024;
constexpr std::string_view kMagic = "GGUF";
constexpr std::uint64_t kLongestPause = 300'000;

// What may be different in a moment.
constexpr std::array kPassing{
    CURLE_COULDNT_RESOLVE_PROXY,
    CURLE_COULDNT_RESOLVE_HOST,
    CURLE_COULDNT_CONNECT,
    CURLE_PARTIAL_FILE,
    CURLE_OPERATION_TIMEDOUT,
    CURLE_SSL_CONNECT_ERROR,
    CURLE_GOT_NOTHING,
    CURLE_SEND_ERROR,
    CURLE_RECV_ERROR,
    CURLE_HTTP2,
    CURLE_HTTP2_STREAM,
    CURLE_AGAIN,
};
constexpr std::array kPassingStatus{408L, 425L, 429L, 500L, 502L, 503L, 504L};

std::optional<std::uint64_t> numberIn(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// "bytes 100-999/1000" → 100 and 1000.
struct Range {
  std::uint64_t from = 0;
  std::uint64_t total = 0;
};
std::optional<Range> rangeIn(std::string_view text) {
  if (!text.starts_with("bytes ")) return {};
  text.remove_prefix(6);
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return {};
  const auto from = numberIn(text.substr(0, dash));
  const auto total = numberIn(text.substr(slash + 1));
  if (!from || !total) return {};
  return Range{*from, *total};
}

Ended over(Error error) { return {.how = Ended::How::Over, .error = std::move(error)}; }
Ended again(std::string why, std::uint64_t pauseMs = 0) {
  return {.how = Ended::How::Again, .error = Error(Error::Kind::Unavailable, std::move(why)), .pauseMs = pauseMs};
}

}  // namespace

std::string Attempt::header(const char* name) const {
  curl_header* found = nullptr;
  if (curl_easy_header(m_curl.get(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

long Attempt::status() const {
  long status = 0;
  curl_easy_getinfo(m_curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

bool Attempt::prepare(const std::string& url, curl_slist** headers) {
  m_curl.reset(curl_easy_init());
  auto* const curl = m_curl.get();
  if (curl == nullptr) return false;
  const auto set = [curl](CURLoption option, auto value) { return curl_easy_setopt(curl, option, value) == CURLE_OK; };
  bool all = set(CURLOPT_URL, url.c_str()) && set(CURLOPT_PROTOCOLS_STR, isLocal(url) ? "http" : "https") &&
             set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_NOSIGNAL, 1L) && set(CURLOPT_CONNECTTIMEOUT, 30L) &&
             set(CURLOPT_LOW_SPEED_LIMIT, 1L) && set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(m_order.stallAfter)) &&
             set(CURLOPT_USERAGENT, (std::string("lull-fetch/") + kVersion).c_str()) &&
             set(CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(m_order.maxRate)) &&
             set(CURLOPT_WRITEFUNCTION, &Attempt::receive) && set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (isLocal(url)) all = all && set(CURLOPT_NOPROXY, "*");
  // The library itself looks at proxies in the environment, but not at this one.
  if (const char* file = std::getenv("SSL_CERT_FILE")) all = all && set(CURLOPT_CAINFO, file);
  if (m_part.size() > 0) {
    all = all && set(CURLOPT_RANGE, fmt::format("{}-", m_part.size()).c_str());
    if (!m_etag.empty()) *headers = curl_slist_append(*headers, ("If-Range: " + m_etag).c_str());
    if (*headers != nullptr) all = all && set(CURLOPT_HTTPHEADER, *headers);
  }
  return all;
}

Ended Attempt::run(const std::string& url, std::string& etag) {
  m_etag = etag;
  curl_slist* headers = nullptr;
  if (!prepare(url, &headers)) {
    curl_slist_free_all(headers);
    return over(Error(Error::Kind::Internal, "libcurl does not do what it is asked for"));
  }
  const auto code = curl_easy_perform(m_curl.get());
  curl_slist_free_all(headers);
  auto ended = conclude(code);
  etag = m_etag;
  return ended;
}

std::size_t Attempt::receive(char* bytes, std::size_t one, std::size_t count, void* self) {
  auto& attempt = *static_cast<Attempt*>(self);
  attempt.m_trouble = attempt.take({bytes, one * count});
  return attempt.m_trouble ? one * count : 0;
}

Outcome Attempt::take(std::string_view bytes) {
  const auto code = status();
  if (code != 200 && code != 206) {
    m_ignored += bytes.size();
    if (m_ignored <= kMostOfAPage) return {};
    return Error(Error::Kind::Invalid, fmt::format("the server answers {} and a long page", code));
  }
  if (!m_begun) {
    if (auto begun = begin(code); !begun) return begun;
    m_begun = true;
  }
  if (bytes.size() > m_total - std::min(m_total, m_part.size())) {
    return Error(Error::Kind::Invalid, "the server sends more than it announced");
  }
  if (m_part.size() < kMagic.size()) {
    const auto wanted = kMagic.substr(m_part.size(), bytes.size());
    if (!bytes.starts_with(wanted)) {
      return Error(Error::Kind::Invalid, "what lies at this address is not a GGUF file (perhaps a web page about one)");
    }
  }
  return m_part.append(bytes);
}

// The head of the answer: from which byte on, and how many there are.
Outcome Attempt::begin(long code) {
  if (code == 206) {
    const auto range = rangeIn(header("content-range"));
    if (!range || range->from != m_part.size()) {
      return Error(Error::Kind::Unavailable, "the server sends another part than it was asked for");
    }
    return announce(range->total);
  }
  // The whole, from its beginning: the server knows no ranges, or its file is another one now.
  if (auto emptied = m_part.empty(); !emptied) return emptied;
  const auto length = numberIn(header("content-length"));
  if (!length) return Error(Error::Kind::Invalid, "the server does not say how large the file is");
  return announce(*length);
}

Outcome Attempt::announce(std::uint64_t total) {
  m_total = total;
  m_etag = header("etag");
  if (!isEtag(m_etag)) m_etag.clear();
  if (!m_etag.empty()) m_part.tell("etag " + m_etag);
  m_part.tell(fmt::format("total {}", total));
  if (total > m_order.maxBytes) {
    return Error(Error::Kind::TooBig, fmt::format("the model has {} bytes; there is room for {}: raise "
                                                  "models.max_storage, or remove a model",
                                                  total, m_order.maxBytes));
  }
  return m_part.reserve(total);
}

Ended Attempt::conclude(CURLcode code) {
  if (!m_trouble) {
    if (m_trouble.error().kind() == Error::Kind::Unavailable) return again(m_trouble.error().text());
    return over(m_trouble.error());
  }
  if (code == CURLE_OK) return judge(status());
  const std::string why = curl_easy_strerror(code);
  if (std::ranges::find(kPassing, code) != kPassing.end()) return again(why);
  return over(Error(Error::Kind::Invalid, why));
}

// All is there already, or what is there is longer than the file: then it is another file.
Ended Attempt::beyondTheEnd() {
  if (header("content-range") == fmt::format("bytes */{}", m_part.size())) return {.how = Ended::How::Done};
  if (auto emptied = m_part.empty(); !emptied) return over(emptied.error());
  return again("the file has changed: from the beginning");
}

Ended Attempt::judge(long code) {
  if (code == 200 || code == 206) {
    if (m_begun && m_part.size() == m_total) return {.how = Ended::How::Done};
    if (!m_begun) return over(Error(Error::Kind::Invalid, "the file at this address is empty"));
    return again("the connection ended before the file did");
  }
  if (code >= 301 && code <= 308 && code != 304) {
    char* target = nullptr;
    curl_easy_getinfo(m_curl.get(), CURLINFO_REDIRECT_URL, &target);
    if (target != nullptr) return {.how = Ended::How::Elsewhere, .url = target};
  }
  if (code == 416) return beyondTheEnd();
  if (std::ranges::find(kPassingStatus, code) != kPassingStatus.end()) {
    const auto seconds = std::min(numberIn(header("retry-after")).value_or(0), kLongestPause / 1000);
    return again(fmt::format("the server answers {}", code), seconds * 1000);
  }
  if (code == 404 || code == 410) return over(Error(Error::Kind::NotFound, "there is nothing at this address"));
  if (code == 401 || code == 403) {
    return over(Error(Error::Kind::Denied, fmt::format("the server refuses ({}): this model may need a login; download "
                                                       "it with a browser and add the file",
                                                       code)));
  }
  return over(Error(Error::Kind::Invalid, fmt::format("the server answers {}", code)));
}

}  // namespace lull::models::fetch
