// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/batch.h"

#include "base/log.h"
#include "base/sha256.h"
#include "runtimes/llama/fit.h"
#include "runtimes/llama/reasoning.h"
#include "runtimes/worker/output_file.h"

#include <algorithm>
#include <thread>
#include <unordered_set>

namespace lull::runtimes::llama {

namespace {

constexpr std::size_t kMostRequests = 1'000'000;
constexpr const char* kResults = "results.jsonl";

// Inline requests become a file too: one way to read them.
worker::Attempt<std::filesystem::path> requestsFile(const worker::v1::Start& start) {
  const auto& blob = start.spec().llama_batch().requests();
  if (blob.has_sha256() && isSha256(blob.sha256())) return std::filesystem::path(start.blob_dir()) / blob.sha256();
  const auto file = std::filesystem::path(start.work_dir()) / "requests.jsonl";
  if (auto written = replaceFile(file, blob.inline_()); !written) return worker::fromStorage(written.error());
  return file;
}

std::string fingerprint(const worker::v1::Start& start) {
  const auto& batch = start.spec().llama_batch();
  return sha256(batch.model() + '\n' + batch.requests().sha256() + '\n' + batch.requests().inline_());
}

}  // namespace

worker::Attempt<std::unique_ptr<Batch>> Batch::open(const worker::v1::Start& start) {
  const auto file = requestsFile(start);
  if (!file) return file.failure();
  auto lines = Lines::open(*file, kMostRequests);
  if (!lines && lines.error().kind() == Error::Kind::TooBig) {
    return worker::badTask("The batch has too many requests.", lines.error().text());
  }
  if (!lines) return worker::fromStorage(lines.error());
  if (lines->size() == 0) return worker::badTask("The batch has no request: its file is empty.");
  auto journal = Journal::open(std::filesystem::path(start.work_dir()) / "journal", fingerprint(start), lines->size());
  if (!journal) return worker::fromStorage(journal.error());
  std::unique_ptr<Batch> batch(new Batch(start, std::move(*lines), std::move(*journal)));
  if (auto looked = batch->look(); !looked) return looked.failure();
  return batch;
}

Batch::Batch(const worker::v1::Start& start, Lines lines, std::unique_ptr<Journal> journal)
    : m_start(start), m_id(start.task_id()), m_lines(std::move(lines)), m_journal(std::move(journal)) {}

// What cannot be answered is known before the model is loaded.
worker::Step Batch::look() {
  std::unordered_set<std::string> names;
  m_kinds.assign(m_lines.size(), Kind::Refused);
  for (std::size_t i = 0; i < m_lines.size(); ++i) {
    const auto text = m_lines.read(i, kMaxLine);
    if (!text) return worker::fromStorage(text.error());
    auto read = readRequest(*text);
    if (const auto* request = std::get_if<Request>(&read)) {
      m_kinds[i] = request->endpoint == Endpoint::Embedding ? Kind::Embed : Kind::Generate;
      if (names.insert(request->customId).second) continue;
      m_kinds[i] = Kind::Refused;
      read = Refusal{.customId = request->customId,
                     .message = "custom_id: another line before this one has the same",
                     .parameter = "custom_id",
                     .code = "duplicate_custom_id"};
    }
    if (m_journal->isDone(i)) continue;
    const Line line = lineOf(placeOf(i), std::get<Refusal>(read));
    if (auto kept = m_journal->finish(i, line.text, line.usage); !kept) return worker::fromStorage(kept.error());
  }
  return worker::Done{};
}

double Batch::progress() const { return static_cast<double>(m_journal->done()) / static_cast<double>(m_lines.size()); }

worker::Attempt<v1::Output> Batch::run(const std::function<void()>& begun) {
  m_begun = begun;
  for (const Kind kind : {Kind::Generate, Kind::Embed}) {
    if (auto answered = answerAll(kind); !answered) return answered.failure();
  }
  return writeResults();
}

std::vector<std::size_t> Batch::open(Kind kind, bool struck) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < m_kinds.size(); ++i) {
    if (m_kinds[i] == kind && !m_journal->isDone(i) && (m_journal->strikes(i) > 0) == struck) out.push_back(i);
  }
  return out;
}

// A request during which the server crashed is asked again alone, after all others: then it is known whose fault it
// was.
worker::Step Batch::answerAll(Kind kind) {
  const auto& batch = m_start.spec().llama_batch();
  auto fits = fit({.context = batch.context(), .parallel = batch.parallel()}, m_start.llama(), m_start.memory_limit());
  if (!fits) return fits.failure();
  ServerPlan plan{.where = m_start.llama(),
                  .folder = m_start.work_dir(),
                  .context = fits->context,
                  .parallel = fits->parallel,
                  .embeddings = kind == Kind::Embed};
  for (;;) {
    auto requests = open(kind, false);
    const bool alone = requests.empty();
    if (alone) requests = open(kind, true);
    if (requests.empty()) return worker::Done{};
    if (alone) requests.resize(1);
    plan.parallel = alone ? 1 : fits->parallel;
    const auto served = serve(plan, requests);
    if (!served) return served.failure();
  }
}

worker::Attempt<bool> Batch::serve(const ServerPlan& plan, const std::vector<std::size_t>& requests) {
  auto server = Server::start(plan);
  if (!server) return server.failure();
  if (m_begun) std::exchange(m_begun, nullptr)();
  if (auto ready = server->waitReady(); !ready) return ready.failure();
  const auto props = server->http().get("/props");
  const auto read = nlohmann::json::parse(props ? props->body : "", nullptr, false);
  m_wholeChats = !read.is_object() || !canTellApart(read.value("chat_template", ""));
  m_queue = &requests;
  m_next = 0;
  m_gone = false;
  m_underway.clear();
  std::vector<std::thread> threads;
  for (std::uint32_t slot = 0; slot < plan.parallel; ++slot) {
    threads.emplace_back([this, &server, slot] { work(server->http(), slot); });
  }
  for (auto& thread : threads) thread.join();
  if (m_trouble) return worker::fromStorage(*m_trouble);
  if (!m_gone) return true;
  log::warning("llama-server {}: {}", server->program().waitEnd().text(), server->lastWords());
  for (const std::size_t request : m_underway) {
    if (auto kept = m_journal->strike(request); !kept) return worker::fromStorage(kept.error());
    if (m_journal->strikes(request) < 2) continue;
    std::string id;
    if (const auto text = m_lines.read(request, kMaxLine)) {
      if (const auto asked = readRequest(*text); std::holds_alternative<Request>(asked)) {
        id = std::get<Request>(asked).customId;
      }
    }
    const Line line = lineOf(placeOf(request), Refusal{.customId = id,
                                                       .status = 500,
                                                       .message = "The model's program crashed on this request, twice",
                                                       .parameter = {},
                                                       .code = "server_error"});
    if (auto kept = m_journal->finish(request, line.text, line.usage); !kept) return worker::fromStorage(kept.error());
  }
  return false;
}

void Batch::work(const Http& http, std::uint32_t slot) {
  while (!m_gone) {
    const std::size_t at = m_next++;
    if (at >= m_queue->size()) return;
    const std::size_t request = (*m_queue)[at];
    const auto answered = answer(http, slot, request);
    if (answered) continue;
    const std::lock_guard lock(m_mutex);
    m_gone = true;
    m_underway.push_back(request);
    if (answered.error().kind() != Error::Kind::Unavailable) m_trouble = answered.error();
  }
}

Outcome Batch::answer(const Http& http, std::uint32_t slot, std::size_t index) {
  const auto text = m_lines.read(index, kMaxLine);
  if (!text) return text.error();
  auto read = readRequest(*text);
  if (!std::holds_alternative<Request>(read)) return {};  // refused before
  auto line = [&]() -> Result<Line> {
    try {
      return lineFor(http, slot, index, std::get<Request>(read));
    } catch (const nlohmann::json::exception& error) {
      return lineOf(placeOf(index),
                    Refusal{.customId = std::get<Request>(read).customId,
                            .status = 500,
                            .message = std::string("The model's program answered oddly: ") + error.what(),
                            .parameter = {},
                            .code = "server_error"});
    }
  }();
  if (!line) return line.error();
  return m_journal->finish(index, line->text, line->usage);
}

Result<Line> Batch::lineFor(const Http& http, std::uint32_t slot, std::size_t index, Request& request) {
  if (request.endpoint != Endpoint::Embedding && !isGreedy(request.sampling) &&
      request.sampling.value("seed", -1) < 0) {
    // Asked again it shall be the same.
    const auto seed = std::stoul(sha256(m_id + ' ' + std::to_string(index)).substr(0, 7), nullptr, 16);
    request.sampling["seed"] = request.body["seed"] = seed;
  }
  if (request.way == Way::Whole || (request.endpoint == Endpoint::Chat && m_wholeChats)) {
    return whole(http, index, request);
  }
  nlohmann::json prompt = request.body.value("prompt", nlohmann::json());
  if (request.endpoint == Endpoint::Chat) {
    nlohmann::json messages{{"messages", request.body["messages"]}};
    if (request.body.contains("chat_template_kwargs")) {
      messages["chat_template_kwargs"] = request.body["chat_template_kwargs"];
    }
    auto applied = http.post("/apply-template", messages.dump());
    if (!applied) return applied.error();
    if (!applied->ok()) return lineOf(placeOf(index), request, *applied);
    prompt = nlohmann::json::parse(applied->body).at("prompt");
  }
  auto made =
      Generation({.http = http, .journal = *m_journal, .request = index, .slot = slot}).run(prompt, request.sampling);
  if (!made) return made.error();
  if (const auto* refused = std::get_if<Answer>(&*made)) return lineOf(placeOf(index), request, *refused);
  if (const auto* generated = std::get_if<Generated>(&*made)) {
    return lineOf(placeOf(index), request, *generated, prompt.is_string() ? prompt.get<std::string>() : "");
  }
  return whole(http, index, request);
}

Result<Line> Batch::whole(const Http& http, std::size_t index, const Request& request) const {
  const auto answer = http.post(pathOf(request.endpoint), request.body.dump());
  if (!answer) return answer.error();
  return lineOf(placeOf(index), request, *answer);
}

worker::Attempt<v1::Output> Batch::writeResults() {
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
  return file->finish();
}

}  // namespace lull::runtimes::llama
