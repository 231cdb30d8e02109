// SPDX-License-Identifier: Apache-2.0
// The branch `lull train` of the tree of commands.
#include "cli/command_line.h"
#include "cli/commands.h"

namespace lull::cli {

namespace {

constexpr const char* kExamples =
    "Chats are one a line, and are learned as the model's chat template writes them:\n"
    "\n"
    "  {\"messages\": [{\"role\": \"user\", \"content\": \"7 x 8?\"},\n"
    "                {\"role\": \"assistant\", \"content\": \"56\"}]}\n"
    "\n"
    "(all of it on one line). Anything else is learned as it stands. The model's\n"
    "weights must be F32, F16 or BF16; the result is a whole model like it.\n"
    "\n"
    "  lull train lesson.jsonl -m tiny --epochs 6 --learning-rate 5e-4 --add taught\n"
    "  lull train letters.txt -m qwen2.5-0.5b-f16 -o mine.gguf";

}  // namespace

void CommandLine::addTraining() {
  const auto options = std::make_shared<TrainOptions>();
  auto* c = add(m_app, "train", "Train a language model further, on texts or chats of yours",
                [options](Session& s) { return train(s, *options); });
  c->add_option("data", options->data, "What it is to learn; - is standard input")->type_name(kFile)->required();
  c->add_option("-m,--model", options->model, "Its name or hash; else the default one")->type_name(kModel);
  c->add_option("-o,--output", options->result, "Save the trained model as this file")->type_name(kFile);
  c->add_option("--add", options->add, "Add the trained model to the models, under this name")->type_name("NAME");
  c->add_option("--format", options->format, "What the data is; else chats in .jsonl, and text")
      ->check(CLI::IsMember({"text", "chats"}))
      ->type_name("text|chats");
  c->add_option("--epochs", options->epochs, "How often all of it is gone through; else 2")
      ->check(CLI::Range(1U, 1000U))
      ->type_name("COUNT");
  c->add_option("--learning-rate", options->learningRate,
                "How far a step goes at first; else 1e-5. It falls to a tenth")
      ->check(CLI::Range(1e-9, 1.0))
      ->type_name("RATE");
  c->add_option("--context", options->context, "Tokens in one sample, a multiple of 256; else chosen")
      ->check(CLI::Range(1U, 1U << 24U))
      ->type_name("TOKENS");
  c->add_option("--seed", options->seed, "Of the order of the samples")->type_name("NUMBER");
  c->add_option("--held-out", options->heldOut, "Share kept for measuring; else 0.05")
      ->check(CLI::Range(0.001, 0.9))
      ->type_name("SHARE");
  c->add_option("--name", options->name, "Name it this, instead of what the file is called")->type_name("NAME");
  c->add_option("--priority", options->priority, "Higher runs first")
      ->check(CLI::Range(-100, 100))
      ->type_name("-100..100");
  c->add_flag("--now,--own", options->own, "It is your own: compute it also while you are here, before all others");
  c->add_flag("--detach", options->detach, "Do not wait for the end");
  c->add_flag("--force", options->force, "Write over a file that is there");
  c->footer(kExamples);
}

}  // namespace lull::cli
