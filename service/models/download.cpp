// SPDX-License-Identifier: Apache-2.0
#include "models/download.h"

#include "base/log.h"
#include "base/utf8.h"
#include "models/address.h"

#include <fmt/format.h>
#include <unistd.h>
#include <asio/buffer.hpp>

#include <algorithm>
#include <charconv>

namespace lull::models {

namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kMostAfterTheEnd = 64 * 1024;  // what a pipe holds

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

struct Download::State : std::enable_shared_from_this<State> {
  State(asio::io_context& loop, std::function<void(const Told&)> heard) : pipe(loop), told(std::move(heard)) {}

  asio::posix::stream_descriptor pipe;
  std::function<void(const Told&)> told;  // empty: nobody listens any more
  std::optional<process::Child> child;
  std::array<char, 4096> chunk{};
  std::string text;
  bool over = false;

  void readOn() {
    pipe.async_read_some(asio::buffer(chunk), [self = shared_from_this()](const std::error_code& error, std::size_t n) {
      if (error) return;
      self->take(n);
      self->readOn();
    });
  }
  void take(std::size_t count) {
    text.append(chunk.data(), count);
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const auto line = text.substr(0, end);
      text.erase(0, end + 1);
      if (const auto told_ = toldBy(line)) tell(*told_);
    }
    if (text.size() > kLongestLine) text.clear();
  }
  void tell(const Told& what) {
    if (over || !told) return;
    over = what.what == Told::What::Done || what.what == Told::What::Failed;
    const auto listener = told;  // it may let go of this object
    listener(what);
  }
  // What it said last may still lie in the pipe.
  void ended(const process::Exit& exit) {
    std::error_code error;
    pipe.cancel(error);
    pipe.non_blocking(true, error);
    for (std::size_t all = 0; !error && all <= kMostAfterTheEnd;) {
      const auto count = pipe.read_some(asio::buffer(chunk), error);
      take(count);
      all += count;
    }
    tell({.what = Told::What::Failed,
          .error = Error(Error::Kind::Unavailable, "the program that downloads " + describe(exit))});
  }
};

Result<std::unique_ptr<Download>> Download::start(asio::io_context& loop, const std::filesystem::path& program,
                                                  const fetch::Order& order, const Fd& part,
                                                  std::function<void(const Told&)> told) {
  if (auto fits = checkAddress(order.url); !fits) return fits.error();
  auto in = process::makePipe();
  if (!in) return in.error();
  auto out = process::makePipe();
  if (!out) return out.error();
  // Much less than a pipe holds, so this does not wait.
  const auto text = fetch::toText(order);
  if (::write(in->write.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fromErrno("write", "the order");
  }
  in->write.reset();
  auto state = std::make_shared<State>(loop, std::move(told));
  const process::Launch launch{
      .program = program,
      .environment = process::fromEnvironment({"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                               "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}),
      .descriptors = {{.ours = in->read.get(), .theirs = STDIN_FILENO},
                      {.ours = out->write.get(), .theirs = STDOUT_FILENO},
                      {.ours = part.get(), .theirs = fetch::kFile}},
      .nice = 10};
  auto child = process::Child::start(loop, launch, [weak = std::weak_ptr(state)](const process::Exit& exit) {
    if (const auto self = weak.lock()) self->ended(exit);
  });
  if (!child) return child.error();
  state->child = std::move(*child);
  std::error_code error;
  state->pipe.assign(out->read.release(), error);
  if (error) return Error(Error::Kind::Io, "watching a pipe: " + error.message());
  state->readOn();
  return std::unique_ptr<Download>(new Download(std::move(state)));
}

Download::~Download() {
  m_state->told = {};
  m_state->child.reset();
  std::error_code error;
  m_state->pipe.close(error);
}

}  // namespace lull::models
