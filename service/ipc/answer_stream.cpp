// SPDX-License-Identifier: Apache-2.0
#include "ipc/answer_stream.h"

#include "base/utf8.h"
#include "wire/conversation.h"

#include <utility>

namespace lull::ipc {

namespace {

constexpr std::size_t kMostWaiting = 1024 * 1024;
constexpr std::size_t kMostOfAnEvent = 256 * 1024;
constexpr std::size_t kMostTold = 512 * 1024;  // of text at once
constexpr std::size_t kMostOfAnError = 4096;
constexpr std::size_t kEventItself = 200;  // about what one takes without its texts

bool isLast(const v1::AskEvent& event) { return event.done() || !event.error().empty(); }

std::size_t sizeOf(const v1::AskEvent& event) {
  return kEventItself + event.text().size() + event.thinking().size() + event.error().size() + event.waiting().size();
}

void clip(std::string& text, std::size_t most) { text.resize(cutUtf8(text, most).size()); }

v1::AskEvent sendableFrom(const v1::AskEvent& event) {
  auto out = event;
  wire::makeSendable(out);
  clip(*out.mutable_text(), kMostTold);
  clip(*out.mutable_thinking(), kMostTold);
  clip(*out.mutable_error(), kMostOfAnError);
  clip(*out.mutable_waiting(), kMostOfAnError);
  return out;
}

v1::AskEvent givenUp(const char* why) {
  v1::AskEvent out;
  out.set_error(why);
  return out;
}

// Whether `next` goes on where `last` ends: the order of what is said and what is thought must stay.
bool continues(const v1::AskEvent& last, const v1::AskEvent& next) {
  if (isLast(last) || !last.waiting().empty() || !next.waiting().empty()) return false;
  return next.thinking().empty() || last.text().empty();
}

void append(v1::AskEvent& last, const v1::AskEvent& next) {
  last.mutable_text()->append(next.text());
  last.mutable_thinking()->append(next.thinking());
  last.set_done(next.done());
  last.set_error(next.error());
  if (next.has_usage()) *last.mutable_usage() = next.usage();
}

// The beginning of a text that is too long for one event; empty: it is not.
std::string cutFrom(std::string& text) {
  if (text.size() <= kMostOfAnEvent) return {};
  std::string head(cutUtf8(text, kMostOfAnEvent));
  text.erase(0, head.size());
  return head;
}

}  // namespace

std::optional<std::uint64_t> AnswerStream::idOf(Line& line) const {
  const auto found = m_answers.find(&line);
  return found == m_answers.end() ? std::nullopt : std::optional(found->second.id);
}

bool AnswerStream::tell(Line& line, std::uint64_t id, const v1::AskEvent& event) {
  const auto found = m_answers.find(&line);
  if (found == m_answers.end() || found->second.id != id) return true;
  auto& answer = found->second;
  if (!answer.waiting.empty() && isLast(answer.waiting.back())) return true;
  add(answer, sendableFrom(event));
  const bool tooMuch = answer.bytes > kMostWaiting;
  if (tooMuch) {
    answer.waiting = {givenUp("The answer was not read, and is given up")};
    answer.bytes = sizeOf(answer.waiting.front());
  }
  serve(line);
  return !tooMuch;
}

void AnswerStream::add(Answer& answer, v1::AskEvent event) {
  auto& waiting = answer.waiting;
  if (!waiting.empty() && !waiting.back().waiting().empty()) {  // it is over
    answer.bytes -= sizeOf(waiting.back());
    waiting.pop_back();
  }
  answer.bytes += sizeOf(event);
  if (waiting.empty() || !continues(waiting.back(), event)) return waiting.push_back(std::move(event));
  answer.bytes -= kEventItself;
  append(waiting.back(), event);
}

v1::AskEvent AnswerStream::takeNext(Answer& answer) {
  auto& first = answer.waiting.front();
  const auto before = sizeOf(first);
  v1::AskEvent out;
  // Thinking comes before text.
  if (auto head = cutFrom(*first.mutable_thinking()); !head.empty()) {
    out.set_thinking(std::move(head));
  } else if (auto more = cutFrom(*first.mutable_text()); !more.empty()) {
    out.set_thinking(std::exchange(*first.mutable_thinking(), {}));
    out.set_text(std::move(more));
  } else {
    out = std::move(first);
    answer.waiting.pop_front();
    answer.bytes -= before;
    return out;
  }
  answer.bytes -= before - sizeOf(first);
  return out;
}

// Sending may make the line idle, and call this again: what was found before is not looked at afterwards.
void AnswerStream::serve(Line& line) {
  const auto found = m_answers.find(&line);
  if (found == m_answers.end() || found->second.waiting.empty() || !line.isIdle()) return;
  v1::ServerFrame frame;
  frame.set_id(found->second.id);
  *frame.mutable_ask_event() = takeNext(found->second);
  if (isLast(frame.ask_event())) m_answers.erase(found);
  if (line.send(frame)) return;
  m_answers.erase(&line);
  *frame.mutable_ask_event() = givenUp("The answer cannot be sent, and is given up");
  (void)line.send(frame).ok();  // this one fits
}

}  // namespace lull::ipc
