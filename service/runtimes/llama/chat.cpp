// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/chat.h"

#include "base/log.h"
#include "runtimes/llama/deltas.h"
#include "runtimes/llama/fit.h"
#include "runtimes/llama/request.h"
#include "runtimes/llama/vigil.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lull::runtimes::llama {

namespace {

// Tokens. All that was said is kept in the context, so it is chosen larger than for tasks of which each request is new.
constexpr std::uint32_t kMostContext = 16384;  // a small GPU takes long to read that much again

std::filesystem::path usageFile(const worker::v1::Start& start) {
  return std::filesystem::path(start.work_dir()) / "usage";
}

void add(v1::TokenUsage& sum, const v1::TokenUsage& more) {
  sum.set_prompt(sum.prompt() + more.prompt());
  sum.set_completion(sum.completion() + more.completion());
  sum.set_requests(sum.requests() + more.requests());
  sum.set_requests_failed(sum.requests_failed() + more.requests_failed());
}

worker::v1::Said saidTo(std::uint64_t question) {
  worker::v1::Said said;
  said.set_id(question);
  return said;
}

}  // namespace

worker::Attempt<std::unique_ptr<Job>> Chat::open(const worker::v1::Start& start) {
  Fd log(::memfd_create("llama.log", MFD_CLOEXEC));
  if (!log) return worker::fromStorage(fromErrno("memfd_create"));
  std::unique_ptr<Chat> chat(new Chat(start, std::move(log)));
  if (const auto kept = readFile(usageFile(start)); kept && !chat->m_usage.ParseFromString(*kept)) {
    chat->m_usage.Clear();
  }
  return std::unique_ptr<Job>(std::move(chat));
}

worker::Attempt<std::vector<v1::Output>> Chat::run(const Telling& telling) {
  {
    const std::lock_guard lock(m_mutex);  // ask() is another thread's
    m_telling = &telling;
  }
  const auto fits = fit({.context = contextWanted(), .parallel = 1}, m_start.llama(), memoryFor(m_start));
  if (!fits) return fits.failure();
  ServerPlan plan{.where = m_start.llama(),
                  .folder = m_start.work_dir(),
                  .load = *fits,
                  .log = "/proc/self/fd/" + std::to_string(m_log.get())};
  while (!m_over.stop_requested()) {
    auto server = load(plan);
    if (!server && mayTakeLess(server.failure(), plan)) {
      plan.load.context /= 2;
      continue;
    }
    if (!server) return server.failure();
    if (auto served = serve(*server); !served) return served.failure();
  }
  return std::vector<v1::Output>();
}

std::uint32_t Chat::contextWanted() const {
  const auto asked = m_start.spec().llama_chat().context();
  auto context = std::min(m_start.llama().trained_context(), kMostContext);
  while (context > gguf::kUsualContext && !hasRoomFor(context)) context /= 2;
  return asked > 0 || context <= gguf::kUsualContext ? asked : context;
}

// For more than is usual. Only a GPU with memory of its own takes it from there. In the task's main memory the
// programs' own counts as well, which no estimate of the model's knows: whoever takes more there is ended without a
// word.
bool Chat::hasRoomFor(std::uint32_t context) const {
  const auto& model = m_start.llama();
  const Wanted wanted{.context = context, .parallel = 1};
  if (!fit(wanted, model, memoryFor(m_start))) return false;
  const bool elsewhere = !model.on_cpu() && model.gpu() == worker::v1::Llama::GPU_DISCRETE;
  if (elsewhere && m_start.memory_limit() > 0) return true;
  return static_cast<bool>(fit(wanted, model, m_start.main_memory_limit() / 4 * 3));
}

// Less is free than was granted: the usual context may do.
bool Chat::mayTakeLess(const worker::Failure& failure, const ServerPlan& plan) const {
  return failure.kind() == worker::Failure::KIND_OUT_OF_MEMORY && m_start.spec().llama_chat().context() == 0 &&
         plan.load.context > gguf::kUsualContext;
}

worker::Attempt<Server> Chat::load(const ServerPlan& plan) {
  auto server = Server::start(plan);
  if (!server) return server;
  if (!std::exchange(m_begun, true)) m_telling->begun();
  if (auto ready = server->waitReady(m_over.get_token()); !ready) return ready.failure();
  return server;
}

worker::Step Chat::serve(Server& server) {
  while (const auto question = waitForQuestion()) {
    const Vigil vigil(server.program());
    if (answer(server.http(), *question)) continue;
    const auto ended = server.program().endSoon();
    if (auto lost = server.loss(ended)) {
      lost->set_technical("llama-server " + ended.text());  // its log may hold what was said
      return *lost;                                         // whoever asked hears of it as of the task's failure
    }
    auto last = saidTo(question->id);
    last.set_error("The model's program crashed on this question; it is being started again");
    sayLast(last);
    break;
  }
  return worker::Done{};
}

std::shared_ptr<Chat::Question> Chat::waitForQuestion() {
  std::unique_lock lock(m_mutex);
  m_changed.wait(lock, [this] { return m_question || m_over.stop_requested(); });
  return m_over.stop_requested() ? nullptr : m_question;
}

bool Chat::answer(const Http& http, Question& question) {
  auto last = saidTo(question.id);
  const auto asked = questionFrom(question.body);
  if (!asked) {
    last.set_error(asked.error().text());
    sayLast(last);
    return true;
  }
  say(saidTo(question.id));  // it has come to the model
  std::string error;
  const auto take = [&](std::string_view event) {
    auto delta = deltaOf(event);
    if (delta.usage) *last.mutable_usage() = *delta.usage;
    error = delta.error;
    auto said = saidTo(question.id);
    said.set_text(std::move(delta.text));
    said.set_thinking(std::move(delta.thinking));
    if (!said.text().empty() || !said.thinking().empty()) say(said);
    return error.empty();
  };
  const auto answered = http.stream(pathOf(Endpoint::Chat), asked->dump(), take, &question.hangup);
  if (!answered && !question.hangup.wasAsked()) return false;
  if (answered && !answered->ok()) error = refusalOf(*answered);
  last.set_error(error);
  sayLast(last);
  return true;
}

void Chat::sayLast(worker::v1::Said& said) {
  const bool failed = !said.error().empty();
  said.set_done(!failed);
  said.mutable_usage()->set_requests(failed ? 0 : 1);
  said.mutable_usage()->set_requests_failed(failed ? 1 : 0);
  {
    const std::lock_guard lock(m_mutex);
    m_question = std::exchange(m_next, nullptr);  // or it comes as soon as this is said
    add(m_usage, said.usage());
  }
  m_telling->changed();
  say(said);
}

void Chat::say(const worker::v1::Said& said) const {
  worker::v1::FromWorker message;
  *message.mutable_said() = said;
  m_telling->say(message);
}

worker::v1::Progress Chat::progress() const {
  worker::v1::Progress out;
  const std::lock_guard lock(m_mutex);
  *out.mutable_usage() = m_usage;
  return out;
}

Outcome Chat::save() { return replaceFile(usageFile(m_start), progress().usage().SerializeAsString()); }

void Chat::hear(const worker::v1::ToWorker& message) {
  if (message.has_ask()) ask(message.ask());
  if (message.has_hush()) hush(message.hush().id());
  if (message.has_close()) close();
}

void Chat::ask(const worker::v1::Ask& ask) {
  const std::lock_guard lock(m_mutex);
  if (m_question && !m_question->hangup.wasAsked()) {
    auto said = saidTo(ask.id());
    said.set_error("Another question is being answered: one at a time");
    return say(said);
  }
  auto& place = m_question ? m_next : m_question;
  place = std::make_shared<Question>();
  place->id = ask.id();
  place->body = ask.body();
  m_changed.notify_one();
}

void Chat::hush(std::uint64_t id) {
  const std::lock_guard lock(m_mutex);
  for (const auto& question : {m_question, m_next}) {
    if (question && question->id == id) question->hangup.now();
  }
}

void Chat::close() {
  m_over.request_stop();
  const std::lock_guard lock(m_mutex);
  if (m_question) m_question->hangup.now();
  m_changed.notify_one();
}

}  // namespace lull::runtimes::llama
