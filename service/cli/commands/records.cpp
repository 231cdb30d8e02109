// SPDX-License-Identifier: Apache-2.0
// history, ledger, log: what was recorded.
#include "cli/commands.h"
#include "cli/computed.h"
#include "cli/format.h"
#include "cli/plot.h"
#include "cli/series.h"
#include "cli/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace lull::cli {

namespace {

constexpr std::uint32_t kPage = 500;
constexpr std::size_t kAxis = 14;  // columns kept for the plot's labels

std::string historyText(const v1::GetHistoryReply& reply, const SeriesInfo& series, PlotFrame frame,
                        Terminal& terminal) {
  const std::vector<v1::Point> points(reply.points().begin(), reply.points().end());
  std::string out = terminal.paint(Colour::Bold, std::string(series.title)) + "\n";
  if (points.empty()) return out + "Nothing was recorded in this time.\n";
  if (terminal.isTerminal()) {
    frame.width = std::min<std::size_t>(terminal.width() - kAxis, 120);
    frame.label = series.text;
    out += plot(points, frame) + "\n";
  }
  Table table({{"FROM"}, {"VALUE", Table::Align::Right}});
  for (const auto& point : points) {
    table.add({{stamp(point.unix_ms()).substr(0, 11) + clockTime(point.unix_ms()), Colour::Dim},
               {series.text(point.value()), Colour::Plain}});
  }
  out += table.text(terminal);
  return out + fmt::format("Each line stands for {}.\n", span(static_cast<std::int64_t>(reply.bucket_ms() / 1000)));
}

std::string kindWord(v1::LedgerEntry::Kind kind) {
  switch (kind) {
    case v1::LedgerEntry::KIND_CREDIT:
      return "credit";
    case v1::LedgerEntry::KIND_GIVE_BACK:
      return "give-back";
    case v1::LedgerEntry::KIND_FAILURE:
      return "failure";
    default:
      return "other";
  }
}

std::string spansText(const v1::GiveBack& spans) {
  std::string out = "gate closed " + milliseconds(std::max(spans.gate_ms(), 0.0));
  if (spans.drained_ms() >= 0) out += ", GPU free " + milliseconds(spans.drained_ms());
  if (spans.memory_free_ms() > 0) out += ", memory free " + milliseconds(spans.memory_free_ms());
  return out;
}

std::string amountText(const v1::LedgerEntry& entry) {
  if (entry.kind() == v1::LedgerEntry::KIND_CREDIT) return credits(entry.micro_credits());
  if (entry.has_give_back() && entry.give_back().drained_ms() >= 0) return milliseconds(entry.give_back().drained_ms());
  return {};
}

std::string entryText(const v1::LedgerEntry& entry) {
  if (entry.has_give_back() && entry.text().empty()) return spansText(entry.give_back());
  const auto tokens = tokensText(entry.usage());
  return tokens.empty() ? entry.text() : fmt::format("{} (tokens: {})", entry.text(), tokens);
}

std::string ledgerText(const v1::ListLedgerReply& list, const Terminal& terminal) {
  Table table({{"WHEN"}, {"WHAT"}, {"AMOUNT", Table::Align::Right}, {"TASK"}, {"TEXT"}}, Table::LastColumn::Wrap);
  for (const auto& entry : list.entries()) {
    table.add({{stamp(entry.unix_ms()), Colour::Dim},
               {kindWord(entry.kind()), entry.kind() == v1::LedgerEntry::KIND_FAILURE ? Colour::Red : Colour::Plain},
               {amountText(entry), Colour::Plain},
               {entry.task_id(), Colour::Plain},
               {entryText(entry), Colour::Plain}});
  }
  return table.text(terminal);
}

Colour colourOfLevel(std::string_view level) {
  if (level == "error") return Colour::Red;
  if (level == "warning") return Colour::Yellow;
  return level == "info" ? Colour::Plain : Colour::Dim;
}

template <typename Lines>
void printLines(Terminal& terminal, const Lines& lines) {
  std::string out;
  for (const auto& line : lines) {
    const auto level = harmless(line.level());
    out += fmt::format("{} {} {}\n",
                       terminal.paint(Colour::Dim, stamp(line.unix_ms()).substr(0, 11) + clockTime(line.unix_ms())),
                       terminal.paint(colourOfLevel(level), fmt::format("{:<7}", level)), harmless(line.text()));
  }
  terminal.print(out);
}

Answer followLog(Session& session, Client& client) {
  auto& terminal = session.terminal();
  while (!terminal.closed()) {
    auto event = client.nextEvent();
    if (!event) return event.error();
    if (!event->has_value() || !(*event)->has_log_event()) continue;
    const auto& news = (*event)->log_event();
    if (session.json()) {
      session.emit(news);
      continue;
    }
    if (news.lost() > 0)
      terminal.note(fmt::format("({} were dropped: too many at once)", count(news.lost(), "line", "lines")));
    printLines(terminal, news.lines());
  }
  return Exit::Ok;
}

}  // namespace

Answer history(Session& session, const HistoryOptions& options) {
  const auto* series = seriesNamed(options.series);
  if (series == nullptr) {
    return session.misused(fmt::format("“{}” is not recorded; there are {}", options.series, seriesNames()));
  }
  const auto since = parseSpan(options.since);
  if (!since) return session.misused("--since: " + since.error().text());
  v1::GetHistoryRequest request;
  const PlotFrame frame{.from = session.now() - since->count(), .to = session.now(), .label = {}};
  request.set_series(series->series);
  request.set_from_unix_ms(frame.from);
  request.set_to_unix_ms(frame.to);
  request.set_points(options.points);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().print(historyText(*reply, *series, frame, session.terminal()));
  }
  return Exit::Ok;
}

Answer ledger(Session& session, std::uint32_t most) {
  v1::ListLedgerReply all;
  v1::ListLedgerRequest request;
  for (;;) {
    request.set_page_size(std::min(kPage, most - static_cast<std::uint32_t>(all.entries().size())));
    auto page = session.call(request);
    if (!page) return page.error();
    for (auto& entry : *page->mutable_entries()) *all.add_entries() = std::move(entry);
    all.set_next_page_token(page->next_page_token());
    const bool enough = static_cast<std::uint32_t>(all.entries().size()) >= most;
    if (page->next_page_token().empty() || page->entries().empty() || enough) break;
    request.set_page_token(page->next_page_token());
  }
  if (session.json()) {
    session.emit(all);
  } else if (all.entries().empty()) {
    session.terminal().line("The ledger is empty: no task has ended and nothing was given back yet.");
  } else {
    session.terminal().print(ledgerText(all, session.terminal()));
    if (!all.next_page_token().empty()) session.remark("There are older entries: `lull ledger -n 1000` shows more.");
  }
  return Exit::Ok;
}

Answer log(Session& session, std::uint32_t lines, bool follow) {
  auto client = session.client();
  if (!client) return client.error();
  v1::TailLogRequest request;
  request.set_lines(lines);
  request.set_follow(follow);
  const auto reply = (*client)->call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    printLines(session.terminal(), reply->lines());
  }
  return follow ? followLog(session, **client) : Answer(Exit::Ok);
}

}  // namespace lull::cli
