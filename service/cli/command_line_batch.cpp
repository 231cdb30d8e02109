// SPDX-License-Identifier: Apache-2.0
// The branch `lull batch` of the tree of commands.
#include "cli/command_line.h"
#include "cli/commands.h"

namespace lull::cli {

namespace {

constexpr const char* kExamples =
    "One request a line, in the format of OpenAI's Batch; url is one of\n"
    "/v1/chat/completions, /v1/completions, /v1/embeddings:\n"
    "\n"
    "  {\"custom_id\": \"1\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\",\n"
    "   \"body\": {\"messages\": [{\"role\": \"user\", \"content\": \"7 x 8?\"}]}}\n"
    "\n"
    "(all of it on one line). The results have one line for each, in the same order:\n"
    "\n"
    "  {\"custom_id\": \"1\", \"response\": {\"status_code\": 200, \"body\": {…}}, …}\n"
    "\n"
    "  lull batch run questions.jsonl -m qwen2.5-0.5b -o answers.jsonl\n"
    "  lull batch run - -o - <questions.jsonl | jq .response.body";

constexpr const char* kMostPriority = "-100..100";

}  // namespace

void CommandLine::addBatches() {
  auto* batch = m_app.add_subcommand("batch", "Have a file of requests answered by a language model");
  batch->footer("`lull help batch run` shows the format of the file.");
  batch->require_subcommand(1);

  const auto running = std::make_shared<BatchOptions>();
  auto* c = add(*batch, "run", "Hand over a file of requests, and wait for the answers",
                [running](Session& s) { return runBatch(s, *running); });
  c->add_option("requests", running->requests, "One request a line; - is standard input")->type_name(kFile)->required();
  c->add_option("-m,--model", running->model, "Its name or hash; else the default one")->type_name(kModel);
  c->add_option("-o,--output", running->results, "Save the answers as this file; - prints them")->type_name(kFile);
  c->add_option("--context", running->context, "Tokens that one request and its answer may take")
      ->check(CLI::Range(16U, 1U << 24U))
      ->type_name("TOKENS");
  c->add_option("--parallel", running->parallel, "Answer so many at once")
      ->check(CLI::Range(1U, 256U))
      ->type_name("COUNT");
  c->add_option("--name", running->name, "Name it this, instead of what the file is called")->type_name("NAME");
  c->add_option("--priority", running->priority, "Higher runs first")
      ->check(CLI::Range(-100, 100))
      ->type_name(kMostPriority);
  c->add_flag("--now,--own", running->own, "It is your own: compute it also while you are here, before all others");
  c->add_flag("--detach", running->detach, "Do not wait for the answers");
  c->add_flag("--force", running->force, "Write over a file that is there");
  c->footer(kExamples);

  const auto waiting = std::make_shared<BatchWaitOptions>();
  c = add(*batch, "wait", "Go on waiting for a batch, and save the answers",
          [waiting](Session& s) { return waitForBatch(s, *waiting); });
  c->add_option("id", waiting->id, "The task's id, or the beginning of it")->type_name(kTask)->required();
  c->add_option("-o,--output", waiting->results, "Save the answers as this file; - prints them")->type_name(kFile);
  c->add_flag("--force", waiting->force, "Write over a file that is there");
}

}  // namespace lull::cli
