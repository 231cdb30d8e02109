// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/batch.h"

#include "base/log.h"
#include "base/sha256.h"
#include "runtimes/llama/fit.h"
#include "runtimes/llama/input_file.h"
#include "runtimes/llama/processor_time.h"
#include "runtimes/llama/slots.h"
#include "runtimes/llama/vigil.h"
#include "runtimes/worker/output_file.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <unordered_set>

namespace lull::runtimes::llama {

namespace {

constexpr std::size_t kMostRequests = 1'000'000;
constexpr std::size_t kLinesAtOnce = 256;
// Requests that are made ready while others are answered: a slot that waited for that, and for its last answer to be
// kept, would begin after its neighbours, and their prompts would no longer be computed together.
constexpr std::uint32_t kMostPreparing = 8;
constexpr const char* kResults = "results.jsonl";

std::string fingerprint(const worker::v1::Start& start) {
  const auto& batch = start.spec().llama_batch();
  return sha256(batch.model() + '\n' + batch.requests().sha256() + '\n' + batch.requests().inline_());
}

}  // namespace

// What the threads of one server's life share.
struct Batch::Life {
  Life(const Answering& answers, const std::vector<std::size_t>& asked, std::uint32_t parallel)
      : answering(answers), requests(asked), slots(parallel) {}
  const Answering& answering;
  const std::vector<std::size_t>& requests;
  Slots slots;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> gone{false};  // the server, or the disk
  std::mutex mutex;
  std::vector<std::size_t> underway;   // when the server went
  std::vector<std::size_t> preparing;  // then: at fault only if nothing was under way
  std::optional<Error> trouble;        // of the disk
};

worker::Attempt<std::unique_ptr<Job>> Batch::open(const worker::v1::Start& start) {
  const auto file = inputFile(start, start.spec().llama_batch().requests(), "requests.jsonl");
  if (!file) return file.failure();
  auto lines = Lines::open(*file, kMostRequests);
  if (!lines && lines.error().kind() == Error::Kind::TooBig) {
    return worker::badTask("The batch has too many requests.", lines.error().text());
  }
  if (!lines) return worker::fromStorage(lines.error());
  if (lines->size() == 0) return worker::badTask("The batch has no request: its file is empty.");
  auto journal = Journal::open(std::filesystem::path(start.work_dir()) / "journal", fingerprint(start), lines->size());
  if (!journal) return worker::fromStorage(journal.error());
  return std::unique_ptr<Job>(new Batch(start, std::move(*lines), std::move(*journal)));
}

Batch::Batch(const worker::v1::Start& start, Lines lines, std::unique_ptr<Journal> journal)
    : m_start(start), m_id(start.task_id()), m_lines(std::move(lines)), m_journal(std::move(journal)) {}

// What cannot be answered is known before the model is loaded.
worker::Step Batch::look() {
  std::unordered_set<std::string> names;
  m_kinds.assign(m_lines.size(), Kind::Refused);
  for (std::size_t i = 0; i < m_lines.size(); ++i) {
    if (i % kLinesAtOnce == kLinesAtOnce - 1) m_page.waitWhileClosed();  // the processor is the owner's too
    const auto text = m_lines.read(i, kMaxLine);
    if (!text) return worker::fromStorage(text.error());
    auto read = readRequest(*text);
    if (const auto* request = std::get_if<Request>(&read)) {
      m_kinds[i] = request->endpoint == Endpoint::Embedding ? Kind::Embed : Kind::Generate;
      if (m_kinds[i] == Kind::Embed)
        m_longestToEmbed = std::max(m_longestToEmbed, static_cast<std::uint32_t>(text->size()));
      if (names.insert(request->customId).second) continue;
      m_kinds[i] = Kind::Refused;
      read = Refusal{.customId = request->customId,
                     .message = "custom_id: another line before this one has the same",
                     .parameter = "custom_id",
                     .code = "duplicate_custom_id"};
    }
    if (m_journal->isDone(i)) continue;
    const Line line = lineOf({m_id, i}, std::get<Refusal>(read));
    if (auto kept = m_journal->finish(i, line.text, line.usage); !kept) return worker::fromStorage(kept.error());
  }
  return worker::Done{};
}

worker::v1::Progress Batch::progress() const {
  worker::v1::Progress out;
  out.set_progress(static_cast<double>(m_journal->done()) / static_cast<double>(m_lines.size()));
  *out.mutable_usage() = m_journal->usage();
  out.set_seconds_left(m_outlook.left({.done = m_journal->done(), .seconds = secondsSpent()}, m_lines.size()));
  return out;
}

double Batch::secondsSpent() const {
  if (!m_start.llama().on_cpu()) return static_cast<double>(m_page.gpuNs()) / 1e9;
  return std::chrono::duration<double>(processorTime(m_server)).count() / std::max(1U, m_start.llama().threads());
}

worker::Attempt<std::vector<v1::Output>> Batch::run(const Telling& telling) {
  m_journal->onGrowth(telling.changed);
  telling.begun();
  if (auto looked = look(); !looked) return looked.failure();
  for (const Kind kind : {Kind::Generate, Kind::Embed}) {
    if (auto answered = answerAll(kind); !answered) return answered.failure();
  }
  return writeResults();
}

std::vector<std::size_t> Batch::open(Kind kind, bool suspect) const {
  const auto isSuspect = [this](std::size_t i) { return m_journal->strikes(i) + m_journal->shortages(i) > 0; };
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < m_kinds.size(); ++i) {
    if (m_kinds[i] == kind && !m_journal->isDone(i) && isSuspect(i) == suspect) out.push_back(i);
  }
  return out;
}

// A request during which the server ended is asked again alone, after all others: then it is known whose fault it
// was.
worker::Step Batch::answerAll(Kind kind) {
  const auto& batch = m_start.spec().llama_batch();
  const Wanted wanted{
      .context = batch.context(), .parallel = batch.parallel(), .batch = kind == Kind::Embed ? m_longestToEmbed : 0};
  const auto fits = fit(wanted, m_start.llama(), memoryFor(m_start));
  if (!fits) return fits.failure();
  ServerPlan plan{
      .where = m_start.llama(), .folder = m_start.work_dir(), .load = *fits, .embeddings = kind == Kind::Embed};
  for (;;) {
    auto requests = open(kind, false);
    const bool alone = requests.empty();
    if (alone) requests = open(kind, true);
    if (requests.empty()) return worker::Done{};
    if (alone) requests.resize(1);
    plan.load.parallel = alone ? 1 : fits->parallel;
    if (auto served = serve(plan, requests); !served) return served;
  }
}

worker::Step Batch::serve(const ServerPlan& plan, const std::vector<std::size_t>& requests) {
  auto server = Server::start(plan);
  if (!server) return server.failure();
  m_server = server->program().pid();
  if (auto ready = server->waitReady(); !ready) return ready.failure();
  m_outlook.begin({.done = m_journal->done(), .seconds = secondsSpent()});
  const Answering answering({.http = server->http(), .lines = m_lines, .journal = *m_journal, .batch = m_id});
  Life life(answering, requests, plan.load.parallel);
  const std::size_t doneBefore = m_journal->done();
  const Vigil vigil(server->program());
  std::vector<std::thread> threads;
  const std::uint32_t count = plan.load.parallel + std::min(plan.load.parallel, kMostPreparing);
  threads.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) threads.emplace_back([this, &life] { work(life); });
  for (auto& thread : threads) thread.join();
  if (life.trouble) return worker::fromStorage(*life.trouble);
  if (!life.gone) return worker::Done{};
  const auto& suspects = life.underway.empty() ? life.preparing : life.underway;
  return ended(*server, suspects, m_journal->done() > doneBefore);
}

worker::Step Batch::ended(Server& server, const std::vector<std::size_t>& underway, bool advanced) {
  const auto how = server.program().endSoon();
  log::warning("llama-server {}: {}", how.text(), server.lastWords());
  if (const auto lost = server.loss(how)) {
    return lost->kind() == worker::Failure::KIND_OUT_OF_MEMORY ? afterShortage(*lost, underway, advanced) : *lost;
  }
  for (const std::size_t request : underway) {
    if (auto kept = blame(request); !kept) return worker::fromStorage(kept.error());
  }
  return worker::Done{};
}

// Others may have taken the memory: the task is tried again later, unless it gets on. Only a request for which memory
// runs out again when it is asked alone was too much itself, and the rest go on.
worker::Step Batch::afterShortage(const worker::Failure& shortage, const std::vector<std::size_t>& underway,
                                  bool advanced) {
  worker::Step out = worker::Done{};
  for (const std::size_t request : underway) {
    const bool again = m_journal->shortages(request) > 0;
    if (!again && !advanced) out = shortage;
    const auto kept = again ? giveUp(request, "Memory ran out on this request, twice") : m_journal->runShort(request);
    if (!kept) return worker::fromStorage(kept.error());
  }
  return out;
}

void Batch::work(Life& life) {
  while (!life.gone) {
    const std::size_t at = life.next++;
    if (at >= life.requests.size()) return;
    const std::size_t request = life.requests[at];
    auto question = life.answering.prepare(request);
    if (!question) {
      stop(life, question.error(), request, life.preparing);
    } else if (const auto slot = life.slots.take()) {
      answer(life, *question, *slot);
    }
  }
}

void Batch::answer(Life& life, Question& question, std::uint32_t slot) {
  const auto line = life.answering.ask(question, slot);
  if (!line) return stop(life, line.error(), question.index, life.underway);
  life.slots.giveBack(slot);
  const auto kept = m_journal->finish(question.index, line->text, line->usage);
  if (!kept) stop(life, kept.error(), question.index, life.underway);
}

void Batch::stop(Life& life, const Error& why, std::size_t request, std::vector<std::size_t>& suspects) {
  const std::lock_guard lock(life.mutex);
  life.gone = true;
  life.slots.close();
  suspects.push_back(request);
  if (why.kind() != Error::Kind::Unavailable) life.trouble = why;
}

// The second crash was while it was asked alone.
Outcome Batch::blame(std::size_t request) {
  if (auto kept = m_journal->strike(request); !kept) return kept;
  return m_journal->strikes(request) < 2 ? Outcome{}
                                         : giveUp(request, "The model's program crashed on this request, twice");
}

// It gets an error line.
Outcome Batch::giveUp(std::size_t request, const std::string& why) {
  const auto text = m_lines.read(request, kMaxLine);
  if (!text) return text.error();
  const auto asked = readRequest(*text);
  const auto* known = std::get_if<Request>(&asked);
  const Line line = lineOf({m_id, request}, Refusal{.customId = known != nullptr ? known->customId : "",
                                                    .status = 500,
                                                    .message = why,
                                                    .parameter = {},
                                                    .code = "server_error"});
  return m_journal->finish(request, line.text, line.usage);
}

worker::Attempt<std::vector<v1::Output>> Batch::writeResults() {
  const auto& name = m_start.spec().llama_batch().output();
  auto file = worker::OutputFile::create(m_start.output_dir(), name.empty() ? kResults : name);
  if (!file) return file.failure();
  worker::Step written = worker::Done{};
  const auto read = m_journal->readLines([&](std::string_view line) -> Outcome {
    written = file->write(std::string(line) + '\n');
    return written ? Outcome{} : Outcome(Error(Error::Kind::Io, written.failure().technical()));
  });
  if (!written) return written.failure();
  if (!read) return worker::fromStorage(read.error());
  auto output = file->finish();
  if (!output) return output.failure();
  return std::vector{std::move(*output)};
}

}  // namespace lull::runtimes::llama
