// SPDX-License-Identifier: Apache-2.0
// runtime list, install, verify, remove.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/table.h"

#include <fmt/core.h>
#include <poll.h>

namespace lull::cli {

namespace {

using Work = v1::RuntimeWork;

constexpr int kLookEveryMs = 300;

std::string workText(const Work& work) {
  const auto share = work.progress() < 0 ? std::string() : percent(work.progress()) + ", ";
  return fmt::format("{}: {}{}", harmless(work.name()), share, harmless(work.step()));
}

std::string marksOf(const v1::Runtime& runtime) {
  if (!runtime.trouble().empty()) return "damaged";
  if (runtime.current()) return runtime.in_use() ? "used, works now" : "used";
  return runtime.in_use() ? "old, works now" : "";
}

// Of the package that it is called after: "1:0.7.0+dfsg-2".
std::string packageOf(const v1::Runtime& runtime) {
  for (const auto& package : runtime.packages()) {
    if (package.name().starts_with("llama.cpp")) return package.version();
  }
  return "";
}

std::string runtimesText(const v1::ListRuntimesReply& reply, UnixMs now, const Terminal& terminal) {
  Table table({{"RUNTIME"}, {"IMAGE"}, {"LLAMA.CPP"}, {"SIZE", Table::Align::Right}, {"INSTALLED"}, {""}});
  for (const auto& runtime : reply.runtimes()) {
    const bool image = runtime.source() == v1::Runtime::SOURCE_IMAGE;
    table.add({{runtime.name(), Colour::Bold},
               {image                    ? runtime.version()
                : runtime.place() == "/" ? "this computer's own"
                                         : runtime.place(),
                Colour::Plain},
               {packageOf(runtime), Colour::Plain},
               {image ? bytes(runtime.bytes()) : "", Colour::Plain},
               {runtime.installed_unix_ms() > 0 ? ago(runtime.installed_unix_ms(), now) : "", Colour::Plain},
               {marksOf(runtime), runtime.trouble().empty() ? Colour::Green : Colour::Red}});
  }
  return table.text(terminal);
}

// The list is asked and not the stream of the status, which may still tell of earlier work.
Result<Work> waitForWork(Session& session, Work last) {
  while (last.state() == Work::STATE_RUNNING) {
    session.terminal().progress(workText(last));
    pollfd waiting{.fd = session.interrupt().fd(), .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, kLookEveryMs);
    if (session.interrupt().pending()) return Error(Error::Kind::Unavailable, "interrupted");
    auto reply = session.call(v1::ListRuntimesRequest{});
    if (!reply) return reply.error();
    if (!reply->has_work())
      return Error(Error::Kind::NotFound, "it was given up: lull runtime list tells what is there");
    last = std::move(*reply->mutable_work());
  }
  if (last.state() == Work::STATE_FAILED) return Error(Error::Kind::Io, harmless(last.text()));
  return last;
}

Result<Work> waited(Session& session, Work work) {
  auto ended = waitForWork(session, std::move(work));
  session.terminal().progress({});
  if (session.interrupt().pending()) {
    session.remark(
        "Not waiting any more; the service goes on with it. `lull runtime list` tells how it stands, `lull runtime "
        "remove install` breaks an install off.");
  } else if (session.isGone()) {
    session.remark("What was downloaded is kept: install again when the service is back.");
  }
  return ended;
}

void tellInstalled(Session& session, const Work& work) {
  auto text = harmless(work.text());
  if (work.text().empty()) text = harmless(work.name()) + " is installed";
  session.terminal().line(fmt::format("{}: image {}.", text, harmless(work.version())));
}

}  // namespace

Answer listRuntimes(Session& session) {
  const auto reply = session.call(v1::ListRuntimesRequest{});
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
    return Exit::Ok;
  }
  auto& terminal = session.terminal();
  const auto& work = reply->work();
  const bool told = reply->has_work() && work.state() != Work::STATE_DONE;
  if (!reply->runtimes().empty()) {
    terminal.print(runtimesText(*reply, session.now(), terminal));
  } else if (!told) {
    terminal.line("No runtime yet, so no AI task can run. `lull runtime install llama` brings one.");
  }
  bool damaged = false;
  for (const auto& runtime : reply->runtimes()) {
    if (runtime.trouble().empty()) continue;
    damaged |= reply->work().text().find(runtime.trouble()) != std::string::npos;  // what was found is told once
    terminal.line(wrap(fmt::format("{} is damaged and not used: {}. Install it again: lull runtime install {}",
                                   harmless(runtime.version()), harmless(runtime.trouble()), harmless(runtime.name())),
                       terminal.width()));
  }
  if (told && work.state() == Work::STATE_RUNNING) terminal.line("Under way: " + workText(work) + ".");
  if (told && work.state() == Work::STATE_FAILED && !damaged) {
    terminal.line(wrap("The last attempt failed: " + harmless(work.text()) + ".", terminal.width()));
  }
  return Exit::Ok;
}

Answer installRuntime(Session& session, const InstallOptions& options) {
  v1::InstallRuntimeRequest request;
  request.set_name(options.name);
  request.set_mirror(options.mirror);
  request.set_allow_expired(options.allowExpired);
  auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (!options.leave) {
    auto ended = waited(session, reply->work());
    if (!ended) return ended.error();
    *reply->mutable_work() = *std::move(ended);
  }
  if (session.json()) {
    session.emit(*reply);
  } else if (options.leave) {
    session.terminal().line("The service installs it: lull runtime list tells how it stands.");
  } else {
    tellInstalled(session, reply->work());
  }
  return Exit::Ok;
}

Answer verifyRuntime(Session& session, const std::string& which) {
  v1::VerifyRuntimeRequest request;
  request.set_which(which);
  auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  auto ended = waited(session, reply->work());
  if (!ended) return ended.error();
  if (session.json()) {
    *reply->mutable_work() = *std::move(ended);
    session.emit(*reply);
  } else {
    session.terminal().line(fmt::format("{} is whole: {}.", harmless(ended->version()), harmless(ended->text())));
  }
  return Exit::Ok;
}

Answer removeRuntimes(Session& session, const std::vector<std::string>& which) {
  return session.inTurn(which, [&session](const std::string& each) -> Outcome {
    v1::RemoveRuntimeRequest request;
    request.set_which(each);
    const auto reply = session.call(std::move(request));
    if (!reply) return reply.error();
    if (session.json()) {
      session.emit(*reply);
    } else if (each == "install") {
      session.terminal().line("The install is broken off; what was downloaded is kept for a week.");
    } else {
      const auto& runtime = reply->runtime();
      session.terminal().line(
          fmt::format("{} is removed: {} free again.", harmless(runtime.version()), bytes(runtime.bytes())));
    }
    return {};
  });
}

}  // namespace lull::cli
