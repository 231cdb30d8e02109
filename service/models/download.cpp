// SPDX-License-Identifier: Apache-2.0
#include "models/download.h"

#include "base/log.h"
#include "base/utf8.h"
#include "models/address.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace lull::models {

namespace {

std::string_view takeWord(std::string_view& text) {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

std::optional<std::uint64_t> takeNumber(std::string_view& text) {
  const auto word = takeWord(text);
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (code != std::errc() || end != word.data() + word.size()) return {};
  return value;
}

std::optional<Told> numbered(Told::What what, std::string_view rest) {
  const auto number = takeNumber(rest);
  if (!number) return {};
  return Told{.what = what, .number = *number, .text = validUtf8(rest)};
}

std::optional<Told> failed(std::string_view rest) {
  const auto* kind = std::ranges::find(fetch::kFailures, takeWord(rest), [](const auto& row) { return row.first; });
  if (kind == fetch::kFailures.end()) return {};
  return Told{.what = Told::What::Failed, .error = Error(kind->second, validUtf8(rest))};
}

}  // namespace

std::optional<Told> toldBy(std::string_view line) {
  const auto word = takeWord(line);
  if (word == "total") return numbered(Told::What::Total, line);
  if (word == "at") return numbered(Told::What::At, line);
  if (word == "again") return numbered(Told::What::Again, line);
  if (word == "done") return numbered(Told::What::Done, line);
  if (word == "failed") return failed(line);
  if (word == "etag" && fetch::isEtag(line)) return Told{.what = Told::What::Etag, .text = std::string(line)};
  return {};
}

Result<std::unique_ptr<process::TellingChild>> startDownload(asio::io_context& loop,
                                                             const std::filesystem::path& program,
                                                             const fetch::Order& order, const Fd& part,
                                                             std::function<void(const Told&)> told) {
  if (auto fits = checkAddress(order.url); !fits) return fits.error();
  auto in = process::makePipe();
  if (!in) return in.error();
  // Much less than a pipe holds, so this does not wait.
  const auto text = fetch::toText(order);
  if (::write(in->write.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fromErrno("write", "the order");
  }
  in->write.reset();
  const process::Launch launch{
      .program = program,
      .environment = process::fromEnvironment({"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                               "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}),
      .descriptors = {{.ours = in->read.get(), .theirs = STDIN_FILENO}, {.ours = part.get(), .theirs = fetch::kFile}},
      .nice = 10};
  const auto tell = [over = std::make_shared<bool>(false), told = std::move(told)](const Told& what) {
    if (std::exchange(*over, *over || what.what == Told::What::Done || what.what == Told::What::Failed)) return;
    told(what);
  };
  return process::TellingChild::start(
      loop, launch,
      {.onLine =
           [tell](std::string_view line) {
             if (const auto what = toldBy(line)) tell(*what);
           },
       .onEnd =
           [tell](const process::Exit& exit) {
             tell({.what = Told::What::Failed,
                   .error = Error(Error::Kind::Unavailable, "the program that downloads " + describe(exit))});
           }});
}

}  // namespace lull::models
