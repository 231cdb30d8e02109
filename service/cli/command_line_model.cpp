// SPDX-License-Identifier: Apache-2.0
// The branch `lull model` of the tree of commands.
#include "cli/command_line.h"
#include "cli/commands.h"

namespace lull::cli {

namespace {

constexpr const char* kExamples =
    "A model is a GGUF file, as llama.cpp reads them.\n"
    "\n"
    "  lull model add qwen2.5-0.5b-instruct-q4_k_m.gguf\n"
    "  lull model add https://example.org/model.gguf --sha256 9f86d081…\n"
    "      a download goes on where it stopped, also after a restart\n"
    "  lull model default qwen2.5-0.5b-instruct-q4_k_m";

}  // namespace

void CommandLine::addModels() {
  auto* model = m_app.add_subcommand("model", "Language models: add, list, look at, remove");
  model->footer(kExamples);
  model->require_subcommand(1);

  const auto adding = std::make_shared<AddModelOptions>();
  auto* c = add(*model, "add", "Bring a model to this device", [adding](Session& s) { return addModel(s, *adding); });
  c->add_option("source", adding->source, "A GGUF file, or the https:// address of one")
      ->type_name(kSource)
      ->required();
  c->add_option("--name", adding->name, "Call it this, instead of what the file is called")->type_name("NAME");
  c->add_option("--sha256", adding->sha256, "Take it only if it has this SHA-256")->type_name("HASH");
  c->add_flag("--no-wait", adding->leave, "Leave the rest to the service");

  add(*model, "list", "Which models there are, and which are coming", listModels);

  const auto which = std::make_shared<std::string>();
  const auto chatTemplate = std::make_shared<bool>(false);
  c = add(*model, "show", "All about one model, and whether it fits the GPUs",
          [which, chatTemplate](Session& s) { return showModel(s, *which, *chatTemplate); });
  c->add_option("model", *which, "Its name or hash; else the default one")->type_name(kModel);
  c->add_flag("--template", *chatTemplate, "Print its chat template");

  const auto several = std::make_shared<std::vector<std::string>>();
  c = add(*model, "remove", "Remove models, or give up what is coming",
          [several](Session& s) { return removeModels(s, *several); });
  c->add_option("models", *several, "Their names or hashes")->type_name(kModel)->required();

  c = add(*model, "verify", "Read a model again and check its hash",
          [which](Session& s) { return verifyModel(s, *which); });
  c->add_option("model", *which, "Its name or hash; else the default one")->type_name(kModel);

  c = add(*model, "default", "Choose the model that is used where none is named",
          [which](Session& s) { return defaultModel(s, *which); });
  c->add_option("model", *which, "Its name or hash; without it the present choice is told")->type_name(kModel);
}

}  // namespace lull::cli
