// SPDX-License-Identifier: Apache-2.0
// settings: list, get, set, reset.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/table.h"

#include <fmt/core.h>

namespace lull::cli {

namespace {

std::string valueText(const v1::Setting& setting) {
  const auto value = setting.value().empty() ? "(empty)" : setting.value();
  return setting.unit().empty() ? value : value + " " + setting.unit();
}

std::string rangeText(const v1::Setting& setting) {
  std::string choices;
  for (const auto& choice : setting.choices()) choices += (choices.empty() ? "" : ", ") + choice;
  if (!choices.empty()) return choices;
  if (setting.type() == "bool") return "true, false";
  return setting.min() < setting.max() ? fmt::format("{} to {}", number(setting.min()), number(setting.max())) : "";
}

std::string whoText(v1::Right who) {
  switch (who) {
    case v1::RIGHT_OBSERVE:
      return "everybody";
    case v1::RIGHT_CONTROL:
      return "members of the group lull, and administrators";
    default:
      return "administrators";
  }
}

std::string listText(const v1::GetSettingsReply& reply, const Terminal& terminal) {
  Table table({{"SETTING"}, {"VALUE"}, {"WHAT IT DOES"}}, Table::LastColumn::Wrap);
  for (const auto& setting : reply.settings()) {
    table.add({{setting.key(), Colour::Plain},
               {valueText(setting) + (setting.changed() ? " *" : ""), setting.changed() ? Colour::Bold : Colour::Plain},
               {setting.text(), Colour::Plain}});
  }
  return table.text(terminal);
}

std::string oneText(const v1::Setting& setting, const Terminal& terminal) {
  Table table({{}, {}}, Table::LastColumn::Wrap);
  const auto row = [&table](std::string label, std::string text) {
    if (!text.empty()) table.add({{std::move(label), Colour::Dim}, {std::move(text), Colour::Plain}});
  };
  row(setting.key(), valueText(setting));
  row("What it does", setting.text());
  row("Default", setting.default_value().empty() ? "(empty)" : setting.default_value());
  row("Allowed", rangeText(setting));
  row("Who may change it", whoText(setting.who()) + (setting.may_change() ? "" : " (you may not)"));
  return table.text(terminal);
}

Result<v1::GetSettingsReply> fetch(Session& session, const std::string& prefix) {
  v1::GetSettingsRequest request;
  request.set_prefix(prefix);
  return session.call(std::move(request));
}

}  // namespace

Answer listSettings(Session& session, const std::string& prefix) {
  const auto reply = fetch(session, prefix);
  if (!reply) return reply.error();
  auto& terminal = session.terminal();
  if (session.json()) {
    session.emit(*reply);
  } else if (reply->settings().size() == 1 && reply->settings(0).key() == prefix) {
    terminal.print(oneText(reply->settings(0), terminal));
  } else {
    terminal.print(listText(*reply, terminal));
    for (const auto& setting : reply->settings()) {
      if (!setting.changed()) continue;
      session.remark("* differs from the default; `lull settings reset KEY` takes it back.");
      break;
    }
  }
  return Exit::Ok;
}

// The bare value, for scripts.
Answer getSetting(Session& session, const std::string& key) {
  const auto reply = fetch(session, key);
  if (!reply) return reply.error();
  if (reply->settings().size() != 1 || reply->settings(0).key() != key) {
    return Error(Error::Kind::NotFound,
                 fmt::format("{} is not one setting; `lull settings {}` lists those it holds", key, key));
  }
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(reply->settings(0).value());
  }
  return Exit::Ok;
}

Answer setSetting(Session& session, const std::string& key, const std::string& value) {
  v1::SetSettingRequest request;
  request.set_key(key);
  request.set_value(value);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(fmt::format("{} is now {}.", reply->setting().key(), valueText(reply->setting())));
  }
  return Exit::Ok;
}

Answer resetSetting(Session& session, const std::string& keyOrNone, bool all) {
  if (keyOrNone.empty() != all) {
    return session.misused("say which setting (`lull settings reset thermal.stop`) or --all of them");
  }
  v1::ResetSettingRequest request;
  request.set_key(keyOrNone);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
  } else if (all) {
    session.terminal().line("All settings have their defaults again.");
  } else {
    for (const auto& setting : reply->settings()) {
      session.terminal().line(fmt::format("{} is {} again.", setting.key(), valueText(setting)));
    }
  }
  return Exit::Ok;
}

}  // namespace lull::cli
