// SPDX-License-Identifier: Apache-2.0
// why: every reason in plain words, and what would change it.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/status_view.h"
#include "cli/suggestion.h"

#include <fmt/core.h>

#include <algorithm>

namespace lull::cli {

namespace {

constexpr std::size_t kIndent = 3;

struct Held {
  v1::Reason reason;
  std::vector<std::string> gpus;  // names of those it holds back
  bool processorOnly = false;     // the processor, and no GPU
};

bool isProcessor(const v1::Gpu& gpu) { return gpu.type() == "processor"; }

// The reasons of all GPUs, each once, in their order.
std::vector<Held> reasonsOf(const v1::Status& status) {
  std::vector<Held> all;
  const auto add = [&all](const v1::Gpu& gpu, const v1::Reason& reason) {
    auto same = std::ranges::find_if(
        all, [&](const Held& h) { return h.reason.rule() == reason.rule() && h.reason.text() == reason.text(); });
    if (same == all.end()) same = all.insert(all.end(), {.reason = reason, .gpus = {}, .processorOnly = true});
    same->gpus.push_back(gpu.name());
    same->processorOnly = same->processorOnly && isProcessor(gpu);
  };
  for (const auto& gpu : status.gpus()) {
    for (const auto& reason : gpu.verdict().reasons()) add(gpu, reason);
    if (gpu.verdict().has_duty_reason()) add(gpu, gpu.verdict().duty_reason());
  }
  return all;
}

void addWithoutGpu(std::vector<Held>& all, std::string_view rule, std::string text) {
  const bool known = std::ranges::any_of(all, [&](const Held& h) { return h.reason.rule() == rule; });
  if (known) return;
  Held held;
  held.reason.set_rule(std::string(rule));
  held.reason.set_text(std::move(text));
  all.push_back(std::move(held));
}

// A machine without any GPU carries no verdicts; what the owner asked for still stands.
void completeFrom(const v1::Status& status, std::vector<Held>& all) {
  if (!status.sharing()) addWithoutGpu(all, "sharing_off", "Sharing is switched off.");
  if (status.paused_until_unix_ms() != 0) addWithoutGpu(all, "paused", "You have paused it.");
  const bool waits = status.queued() > 0 && status.activity() == v1::ACTIVITY_READY;
  const bool missing = status.gpus().empty() || (waits && std::ranges::all_of(status.gpus(), isProcessor));
  if (missing) addWithoutGpu(all, "no_gpu", "No GPU was found on this computer.");
}

std::optional<v1::Setting> settingOf(Session& session, const std::string& key) {
  if (key.empty()) return std::nullopt;
  v1::GetSettingsRequest request;
  request.set_prefix(key);
  auto reply = session.call(std::move(request));
  if (!reply || reply->settings().size() != 1) return std::nullopt;
  return reply->settings(0);
}

std::string limitWord(v1::Limit limit, std::string_view device) {
  switch (limit) {
    case v1::LIMIT_RUN:
      return fmt::format("A part of the {}'s time is lent.", device);
    case v1::LIMIT_PARK:
      return fmt::format("The task stays on the {} and stands still.", device);
    case v1::LIMIT_EVICT:
      return fmt::format("The {} and its memory are free.", device);
    default:
      return {};
  }
}

class Paragraphs {
public:
  explicit Paragraphs(const Terminal& terminal) : m_terminal(&terminal) {}
  void add(std::string_view text, Colour colour = Colour::Plain) {
    if (text.empty()) return;
    const auto wrapped = wrap(harmless(text), m_terminal->width() - kIndent, kIndent);
    m_text += std::string(kIndent, ' ') + m_terminal->paint(colour, wrapped) + "\n";
  }
  // Never broken: it is to be copied.
  void command(std::string_view lead, std::string_view command) {
    const bool fits = kIndent + lead.size() + 2 + command.size() <= m_terminal->width();
    const auto gap = fits ? std::string("  ") : "\n" + std::string(kIndent + 2, ' ');
    m_text +=
        std::string(kIndent, ' ') + std::string(lead) + gap + m_terminal->paint(Colour::Bold, harmless(command)) + "\n";
  }
  void head(std::size_t nth, std::string_view text) {
    const auto wrapped = wrap(harmless(text), m_terminal->width() - kIndent, kIndent);
    m_text += fmt::format("\n{}. {}\n", nth, m_terminal->paint(Colour::Bold, wrapped));
  }
  [[nodiscard]] const std::string& text() const { return m_text; }

private:
  const Terminal* m_terminal;
  std::string m_text;
};

void addCommand(Session& session, const Held& held, Paragraphs& out) {
  const auto setting = settingOf(session, held.reason.setting());
  const auto command = suggestedCommand(held.reason, setting);
  if (command.empty() || held.reason.remedy().find(command) != std::string::npos) return;
  const bool administrator = setting && !setting->may_change() && setting->who() == v1::RIGHT_ADMINISTER;
  if (administrator) {
    out.command("To change that, as an administrator:", "sudo " + command);
  } else {
    out.command("To change that:", command);
  }
}

void addReason(Session& session, const Held& held, std::size_t gpus, Paragraphs& out) {
  const auto& reason = held.reason;
  if (gpus > 1 && held.gpus.size() < gpus) {
    std::string names;
    for (const auto& name : held.gpus) names += (names.empty() ? "" : ", ") + name;
    out.add("This concerns " + names + ".");
  }
  if (!reason.value().empty() && !reason.threshold().empty()) {
    out.add(fmt::format("Seen: {}. Held against: {}{}.", reason.value(), reason.threshold(),
                        reason.setting().empty() ? "" : " (" + reason.setting() + ")"));
  } else if (!reason.value().empty()) {
    out.add(fmt::format("Seen: {}.", reason.value()));
  }
  out.add(reason.remedy());
  addCommand(session, held, out);
  if (reason.rule() == "no_gpu") out.add("`lull doctor` looks at the driver and says what is missing.");
  const UnixMs now = session.now();
  if (reason.until_unix_ms() > 0) {
    const auto left = std::max<std::int64_t>((reason.until_unix_ms() - now) / 1000, 0);
    out.add(fmt::format("Looked at again at {}, in {}.", moment(reason.until_unix_ms(), now), span(left)));
  } else {
    out.add("Looked at again as soon as it changes.");
  }
  out.add(limitWord(reason.limit(), held.processorOnly ? "processor" : "GPU"), Colour::Dim);
}

std::string nothingHolds(const v1::Status& status) {
  if (!status.running().empty()) return "Nothing holds it back. It stops the moment somebody touches this computer.\n";
  if (status.queued() > 0) return "Nothing holds it back; the next task is about to start.\n";
  return "Nothing holds it back; there is just no task. `lull submit FILE.json` gives it one.\n";
}

}  // namespace

Answer why(Session& session) {
  const auto reply = session.call(v1::GetStatusRequest{});
  if (!reply) return reply.error();
  const auto& status = reply->status();
  if (session.json()) {
    session.emit(*reply);
    return Exit::Ok;
  }
  auto held = reasonsOf(status);
  completeFrom(status, held);
  auto& terminal = session.terminal();
  std::string text = headline(status, terminal);
  if (held.empty()) {
    terminal.print(text + wrap(nothingHolds(status), terminal.width()));
    return Exit::Ok;
  }
  Paragraphs out(terminal);
  const auto gpus = static_cast<std::size_t>(status.gpus().size());
  for (std::size_t i = 0; i < held.size(); ++i) {
    out.head(i + 1, held[i].reason.text());
    addReason(session, held[i], gpus, out);
  }
  terminal.print(text + out.text());
  return Exit::Ok;
}

}  // namespace lull::cli
