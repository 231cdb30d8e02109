// SPDX-License-Identifier: Apache-2.0
// The branch `lull runtime` of the tree of commands.
#include "cli/command_line.h"
#include "cli/commands.h"

namespace lull::cli {

namespace {

constexpr const char* kExamples =
    "A runtime is what computes tasks and is not Lull's own. There is one: llama,\n"
    "which is llama.cpp, for language models. Where this computer has it installed,\n"
    "that is used; else an image: a small Debian root of about 400 MB, made from\n"
    "signed packages.\n"
    "\n"
    "  lull runtime install llama      again: an update. What runs keeps what it has\n"
    "  lull runtime remove install     break an install off";

}  // namespace

void CommandLine::addRuntimes() {
  auto* runtime = m_app.add_subcommand("runtime", "Programs that compute AI tasks: install, list, check, remove");
  runtime->footer(kExamples);
  runtime->require_subcommand(1);

  add(*runtime, "list", "Which there are, and which one tasks use", listRuntimes);

  const auto installing = std::make_shared<InstallOptions>();
  auto* c = add(*runtime, "install", "Install one, or its newest version",
                [installing](Session& s) { return installRuntime(s, *installing); });
  c->add_option("name", installing->name, "llama")->type_name(kRuntime)->required();
  c->add_option("--mirror", installing->mirror, "Take Debian's packages from there, not from where apt does")
      ->type_name("URL");
  c->add_flag("--allow-expired", installing->allowExpired, "Also when the mirror's list of packages is past its date");
  c->add_flag("--no-wait", installing->leave, "Leave the rest to the service");

  const auto which = std::make_shared<std::string>("llama");
  c = add(*runtime, "verify", "Compare every file of an image with what was installed",
          [which](Session& s) { return verifyRuntime(s, *which); });
  c->add_option("image", *which, "Its version; else the one that tasks use")->type_name(kImage);

  const auto several = std::make_shared<std::vector<std::string>>();
  c = add(*runtime, "remove", "Remove images; with `install`, break an install off",
          [several](Session& s) { return removeRuntimes(s, *several); });
  c->add_option("images", *several, "Their versions, or llama: the one that tasks use")->type_name(kImage)->required();
}

}  // namespace lull::cli
