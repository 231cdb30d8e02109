// SPDX-License-Identifier: Apache-2.0
// The command `lull chat` of the tree of commands.
#include "cli/command_line.h"
#include "cli/commands.h"

namespace lull::cli {

namespace {

constexpr const char* kExamples =
    "It is your own work: it runs also while you are here and while sharing is off,\n"
    "and what others compute makes room for it. Nothing of it is kept.\n"
    "\n"
    "  lull chat\n"
    "  lull chat -m qwen2.5-0.5b What is a lull\n"
    "  lull chat Summarise this: - <letter.txt\n"
    "      - stands for standard input; without any words that is the question";

}  // namespace

void CommandLine::addChat() {
  const auto options = std::make_shared<ChatOptions>();
  auto* c = add(m_app, "chat", "Talk to a language model", [options](Session& s) { return chat(s, *options); });
  c->add_option("prompt", options->words, "The question; without one you talk with it")->type_name("PROMPT");
  c->add_option("-m,--model", options->model, "Its name or hash; else the default one")->type_name(kModel);
  c->add_option("--system", options->system, "What the model is told before all else")->type_name("TEXT");
  c->add_option("--temperature", options->sampling.temperature, "0: always the likeliest word; higher: freer")
      ->check(CLI::Range(0.0, 5.0))
      ->type_name("0..5");
  c->add_option("--max-tokens", options->sampling.maxTokens, "Answer with so many tokens at most")
      ->check(CLI::Range(1U, 1U << 24U))
      ->type_name("TOKENS");
  c->add_option("--seed", options->sampling.seed, "The same seed gives the same answer")
      ->check(CLI::Range(0U, 4'294'967'294U))
      ->type_name("NUMBER");
  c->add_flag("--no-thinking", options->hideThinking, "Do not show what the model thinks before it answers");
  c->footer(kExamples);
}

}  // namespace lull::cli
