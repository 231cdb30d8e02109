// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "cli/format.h"

#include <fmt/core.h>

#include <algorithm>

namespace lull::cli {

namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kWidestName = 26;

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string pathOf(const CLI::App* app) {
  return app->get_parent() == nullptr ? "lull" : pathOf(app->get_parent()) + " " + app->get_name();
}

std::string section(const std::string& title, const Rows& rows) {
  if (rows.empty()) return {};
  std::size_t names = 0;
  for (const auto& [name, text] : rows) names = std::max(names, displayWidth(name));
  names = std::min(names, kWidestName);
  std::string out = "\n" + title + ":\n";
  for (const auto& [name, text] : rows) {
    const std::size_t indent = 2 + names + 2;
    out += "  " + name;
    if (displayWidth(name) > names) {
      out += "\n" + std::string(indent, ' ');
    } else {
      out.append(names - displayWidth(name) + 2, ' ');
    }
    out += wrap(text, kWidth - indent, indent) + "\n";
  }
  return out;
}

std::string argumentText(const CLI::Option& option) {
  std::string text = typeName(option);
  if (option.get_items_expected_max() > 1) text += "...";
  return option.get_required() ? text : "[" + text + "]";
}

// A command that has both arguments and commands of its own takes either.
std::string usageText(const CLI::App* app) {
  const auto path = pathOf(app);
  std::string arguments;
  for (const auto* option : app->get_options()) {
    if (!option->get_positional()) continue;
    // What stands after `--` comes last.
    if (typeName(*option).starts_with("-- ")) {
      return fmt::format("Usage: {0} [OPTIONS] {1} [ARGUMENTS...]\n       {0} COMMAND [OPTIONS]\n", path,
                         typeName(*option));
    }
    arguments += " " + argumentText(*option);
  }
  if (app->get_subcommands({}).empty()) return "Usage: " + path + arguments + " [OPTIONS]\n";
  const auto command = "Usage: " + path + " COMMAND [OPTIONS]\n";
  return arguments.empty() ? command : command + "       " + path + arguments + " [OPTIONS]\n";
}

Rows argumentsOf(const CLI::App* app) {
  Rows rows;
  for (const auto* option : app->get_options()) {
    if (option->get_positional()) rows.emplace_back(typeName(*option), option->get_description());
  }
  return rows;
}

void addOptions(const CLI::App* app, bool own, Rows& rows) {
  for (const auto* option : app->get_options()) {
    if (option->get_positional() || option->get_group().empty()) continue;
    if (!own && option->check_lname("version")) continue;
    auto name = option->get_name(false, true);
    std::ranges::replace(name, ',', ' ');
    if (option->get_type_size() > 0) name += " " + typeName(*option);
    auto text = option->get_description();
    if (!option->get_default_str().empty()) text += fmt::format(" (else {})", option->get_default_str());
    const bool known = std::ranges::any_of(rows, [&](const auto& row) { return row.first == name; });
    if (!known) rows.emplace_back(std::move(name), std::move(text));
  }
}

Rows optionsOf(const CLI::App* app) {
  Rows rows;
  for (const auto* at = app; at != nullptr; at = at->get_parent()) addOptions(at, at == app, rows);
  return rows;
}

Rows commandsOf(const CLI::App* app) {
  Rows rows;
  for (const auto* command : app->get_subcommands({}))
    rows.emplace_back(command->get_name(), command->get_description());
  return rows;
}

}  // namespace

std::string typeName(const CLI::Option& option) {
  const auto name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string /*name*/, CLI::AppFormatMode /*mode*/) const {
  std::string out = wrap(app->get_description(), kWidth) + "\n\n" + usageText(app);
  out += section("Arguments", argumentsOf(app));
  out += section("Commands", commandsOf(app));
  out += section("Options", optionsOf(app));
  if (!app->get_footer().empty()) out += "\n" + app->get_footer() + "\n";
  return out;
}

std::string exitCodesText() {
  return "`lull help COMMAND` explains a command.\n"
         "\n"
         "Exit status:\n"
         "  0    done\n"
         "  1    the request failed\n"
         "  2    the command line is wrong\n"
         "  3    the service is not reachable\n"
         "  4    not allowed\n"
         "  5    not found: no such task, result, setting or file\n"
         "  6    a task that was waited for failed or was cancelled\n"
         "  7    a batch is done, but some of its requests failed\n"
         "  130  interrupted with Ctrl-C";
}

namespace {

std::string wordsOf(const CLI::App& at, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return error.what();
  const auto commands = commandNames(at);
  if (!commands.empty()) {
    std::string all;
    for (const auto& name : commands) all += (all.empty() ? "" : ", ") + name;
    return pathOf(&at) + " wants one of: " + all;
  }
  std::string missing;
  for (const auto* option : at.get_options()) {
    if (option->get_required() && option->count() == 0) missing += (missing.empty() ? "" : " and ") + typeName(*option);
  }
  return missing.empty() ? error.what() : pathOf(&at) + " wants " + missing;
}

}  // namespace

std::string usageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  std::string text = wordsOf(*at, error);
  std::ranges::replace(text, '\n', ' ');
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  const auto path = pathOf(at).substr(std::string_view("lull").size());  // " settings set"
  return fmt::format("{}. `lull help{}` explains it.", text, path);
}

std::vector<std::string> commandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

const CLI::App* commandNamed(const CLI::App& app, const std::string& word) {
  const auto commands = app.get_subcommands({});
  const auto found = std::ranges::find_if(commands, [&](const CLI::App* c) { return c->get_name() == word; });
  return found == commands.end() ? nullptr : *found;
}

const CLI::App* commandAt(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const auto& word : words) {
    const auto* next = commandNamed(*at, word);
    if (next == nullptr) return nullptr;
    at = next;
  }
  return at;
}

}  // namespace lull::cli
