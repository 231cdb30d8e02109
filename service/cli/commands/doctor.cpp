// SPDX-License-Identifier: Apache-2.0
// doctor: all checks, in the order in which one would look.
#include "cli/doctor_machine.h"

#include "cli/commands.h"
#include "cli/format.h"
#include "cli/governor/check.h"
#include "cli/governor/layer.h"
#include "cli/programs.h"
#include "cli/table.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace lull::cli {

namespace {

std::string_view wordOf(Check::State state) {
  switch (state) {
    case Check::State::Ok:
      return "ok";
    case Check::State::Note:
      return "note";
    case Check::State::Problem:
      return "problem";
  }
  return "problem";
}

Colour colourOf(Check::State state) {
  switch (state) {
    case Check::State::Ok:
      return Colour::Green;
    case Check::State::Note:
      return Colour::Yellow;
    case Check::State::Problem:
      return Colour::Red;
  }
  return Colour::Plain;
}

// "Start it with …" is the mend; what stands before it is the finding.
Check serviceTrouble(const Error& error) {
  const auto& text = error.text();
  const auto advice = text.find(" Start it with ");
  if (advice == std::string::npos) return {"Service", Check::State::Problem, text, {}};
  return {"Service", Check::State::Problem, text.substr(0, advice), text.substr(advice + 1)};
}

// Who administers the service without being root needs no sudo for it.
void withoutSudo(std::vector<Check>& checks) {
  constexpr std::string_view kSudo = "sudo lull ";
  for (auto& check : checks) {
    const auto at = check.mend.find(kSudo);
    if (at != std::string::npos) check.mend.erase(at, std::string_view("sudo ").size());
  }
}

std::vector<Check> checksWithService(Session& session, const v1::HelloReply& hello) {
  std::vector<Check> out;
  out.push_back(
      {"Service",
       Check::State::Ok,
       fmt::format("{} answers on {} (protocol {})", hello.service(), session.socket().native(), hello.version()),
       {}});
  out.push_back(checkRight(hello.right()));
  const auto reply = session.call(v1::GetStatusRequest{});
  if (!reply) {
    out.push_back({"Status", Check::State::Problem, reply.error().text(), {}});
    return out;
  }
  out.push_back(checkGpus(reply->status()));
  out.push_back(checkPresence(reply->status().presence()));
  out.push_back(checkTemperatures(reply->status()));
  out.push_back(checkGoverned(reply->status()));
  out.push_back(checkRuntimes(reply->status().runtimes()));
  for (const auto& trouble : reply->status().troubles()) out.push_back({"Trouble", Check::State::Note, trouble, {}});
  if (hello.right() == v1::RIGHT_ADMINISTER) withoutSudo(out);
  return out;
}

// The governor at work; nothing where its layer is missing, which is told already.
std::vector<Check> governorChecks(Session& session, const Doors& doors) {
  const auto layer = findLayer(doors.layers);
  const auto program = findProgram("lull-governor-check");
  if (!program) return {checkProgram("lull-governor-check", "Governor check")};
  if (!layer) return {};
  session.terminal().progress("Trying the governor on each GPU");
  return checkGovernor(*program, *layer, session.interrupt());
}

std::vector<Check> allChecks(Session& session) {
  const auto doors = thisMachine();
  const auto client = session.client();
  std::vector<Check> out;
  if (client) {
    out = checksWithService(session, (*client)->hello());
  } else {
    out.push_back(serviceTrouble(client.error()));
    out.push_back(checkGpusHere(session.interrupt()));
    out.push_back(checkInputHere(doors));
    out.push_back(checkSensorsHere(doors));
  }
  out.push_back(checkLoader(doors));
  out.push_back(checkDrivers(doors));
  out.push_back(checkLayer(doors));
  out.push_back(checkProgram("lull-presence", "Presence reader"));
  out.push_back(checkProgram("lull-gpus", "GPU lister"));
  out.push_back(checkProgram("lull-spirv", "Kernel worker"));
  out.push_back(checkSandboxHere(session.interrupt(), session.socket()));
  std::ranges::move(governorChecks(session, doors), std::back_inserter(out));
  return out;
}

void printJson(Session& session, const std::vector<Check>& checks, bool allWell) {
  nlohmann::ordered_json document{{"ok", allWell}, {"checks", nlohmann::ordered_json::array()}};
  for (const auto& check : checks) {
    document["checks"].push_back(
        {{"name", check.name}, {"state", wordOf(check.state)}, {"text", check.text}, {"mend", check.mend}});
  }
  session.terminal().line(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void printTable(Session& session, const std::vector<Check>& checks, std::size_t problems) {
  Table table({{}, {}, {}}, Table::LastColumn::Wrap);
  for (const auto& check : checks) {
    table.add({{std::string(wordOf(check.state)), colourOf(check.state)},
               {check.name, Colour::Plain},
               {check.text, Colour::Plain}});
    if (!check.mend.empty()) table.add({{}, {}, {"→ " + check.mend, Colour::Bold}});
  }
  auto& terminal = session.terminal();
  terminal.print(table.text(terminal));
  terminal.line(problems == 0 ? "\nAll is in place."
                              : fmt::format("\n{} found.", count(problems, "problem", "problems")));
}

}  // namespace

Answer doctor(Session& session) {
  const auto checks = allChecks(session);
  const auto problems = static_cast<std::size_t>(std::ranges::count(checks, Check::State::Problem, &Check::state));
  if (session.json()) {
    printJson(session, checks, problems == 0);
  } else {
    printTable(session, checks, problems);
  }
  return problems == 0 ? Exit::Ok : Exit::Failed;
}

}  // namespace lull::cli
