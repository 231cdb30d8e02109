// SPDX-License-Identifier: Apache-2.0
// One request for the rest of the file, through libcurl.
#pragma once

#include "models/fetch/order.h"
#include "models/fetch/part.h"

#include <curl/curl.h>

#include <memory>
#include <string>

namespace lull::models::fetch {

struct Ended {
  enum class How { Done, Elsewhere, Again, Over };
  How how = How::Over;
  Error error{Error::Kind::Internal, {}};  // of Again and Over
  std::string url = {};                    // of Elsewhere
  std::uint64_t pauseMs = 0;               // of Again: what the server asks for
};

class Attempt {
public:
  Attempt(const Order& order, Part& part) : m_order(order), m_part(part) {}

  // `etag`: of what is there, empty if not known; afterwards that of what came.
  [[nodiscard]] Ended run(const std::string& url, std::string& etag);

private:
  struct Close {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  };
  [[nodiscard]] bool prepare(const std::string& url, curl_slist** headers);
  static std::size_t receive(char* bytes, std::size_t one, std::size_t count, void* self);
  [[nodiscard]] Outcome take(std::string_view bytes);
  [[nodiscard]] Outcome begin(long status);
  [[nodiscard]] Outcome announce(std::uint64_t total);
  [[nodiscard]] Ended conclude(CURLcode code);
  [[nodiscard]] Ended judge(long status);
  [[nodiscard]] Ended beyondTheEnd();
  [[nodiscard]] std::string header(const char* name) const;
  [[nodiscard]] long status() const;

  const Order& m_order;
  Part& m_part;
  std::unique_ptr<CURL, Close> m_curl;
  std::string m_etag;
  std::uint64_t m_total = 0;
  std::size_t m_ignored = 0;  // of a page that is not the file
  bool m_begun = false;
  Outcome m_trouble;
};

}  // namespace lull::models::fetch
