// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "cli/command_line.h"
#include "cli/format.h"
#include "cli/governor/remote.h"
#include "cli/governor/told.h"
#include "cli/help.h"
#include "cli/series.h"

#include <algorithm>

namespace lull::cli {

namespace {

constexpr std::uint32_t kTasksOffered = 50;

constexpr std::string_view kBash = R"(# bash completion for lull
_lull() {
  local line words=() current="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) compopt -o filenames 2>/dev/null; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
      :folders) compopt -o filenames 2>/dev/null; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current") ;;
      :programs) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -c -- "$current") ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <(lull __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _lull lull
)";

constexpr std::string_view kZsh = R"(#compdef lull
_lull() {
  local line
  local -a shown
  while IFS= read -r line; do
    case "$line" in
      :files) _files ;;
      :folders) _files -/ ;;
      :programs) _command_names -e ;;
      *) shown+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done < <(lull __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#shown} )) && _describe -V 'lull' shown
}
if [[ "${funcstack[1]}" = _lull ]]; then
  _lull "$@"
else
  compdef _lull lull
fi
)";

constexpr std::string_view kFish = R"(# fish completion for lull
function __lull_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (lull __complete $words[2..-1] 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path (commandline -ct)
      case ':folders'
        __fish_complete_directories (commandline -ct)
      case ':programs'
        complete -C (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c lull -f -a '(__lull_complete)'
)";

void addTasks(Session& session, Candidates& out) {
  v1::ListTasksRequest request;
  request.set_page_size(kTasksOffered);
  const auto reply = session.call(std::move(request));
  if (!reply) return;
  for (const auto& task : reply->tasks()) {
    out.words.push_back({task.id(), std::string(stateWord(task.state())) + ", " + harmless(task.name())});
  }
}

void addKeys(Session& session, Candidates& out) {
  const auto reply = session.call(v1::GetSettingsRequest{});
  if (!reply) return;
  for (const auto& setting : reply->settings()) out.words.push_back({setting.key(), setting.text()});
}

void addModels(Session& session, Candidates& out) {
  const auto reply = session.call(v1::ListModelsRequest{});
  if (!reply) return;
  for (const auto& model : reply->models()) out.words.push_back({model.name(), model.header().architecture()});
}

void addImages(Session& session, Candidates& out) {
  const auto reply = session.call(v1::ListRuntimesRequest{});
  if (!reply) return;
  for (const auto& runtime : reply->runtimes()) {
    if (runtime.source() == v1::Runtime::SOURCE_IMAGE) out.words.push_back({runtime.version(), "an image"});
  }
  if (reply->work().state() == v1::RuntimeWork::STATE_RUNNING) out.words.push_back({"install", "what is under way"});
}

void addStates(Candidates& out) {
  for (int state = v1::TASK_STATE_QUEUED; state <= v1::TASK_STATE_CANCELLED; ++state) {
    out.words.push_back({std::string(stateWord(static_cast<v1::TaskState>(state))), {}});
  }
}

void addGoverned(Session& session, Candidates& out) {
  for (const auto& each : findGoverned(session.interrupt()).all) {
    out.words.push_back({each.program.name(), stateText(each.program)});
  }
}

void addCommands(const CLI::App& app, Candidates& out) {
  for (const auto* command : app.get_subcommands({}))
    out.words.push_back({command->get_name(), command->get_description()});
}

// What an argument of this type may be.
void addArguments(const CLI::App& root, const std::string& type, Session& session, Candidates& out) {
  if (type == CommandLine::kTask) {
    addTasks(session, out);
  } else if (type == CommandLine::kKey) {
    addKeys(session, out);
  } else if (type == CommandLine::kState) {
    addStates(out);
  } else if (type == CommandLine::kSeries) {
    for (const auto& series : allSeries()) out.words.push_back({std::string(series.name), std::string(series.title)});
  } else if (type == CommandLine::kCommand) {
    addCommands(root, out);
  } else if (type == CommandLine::kGoverned) {
    addGoverned(session, out);
  } else if (type == "SHELL") {
    for (const auto* shell : {"bash", "zsh", "fish"}) out.words.push_back({shell, {}});
  } else if (type == CommandLine::kRuntime) {
    out.words.push_back({"llama", "llama.cpp, for language models"});
  } else if (type == CommandLine::kImage) {
    addImages(session, out);
  } else if (type == CommandLine::kModel) {
    addModels(session, out);
  } else if (type == CommandLine::kFile || type == CommandLine::kSource) {
    out.files = Candidates::Files::Files;
  } else if (type == CommandLine::kFolder) {
    out.files = Candidates::Files::Folders;
  }
}

// An option of this command or of one above it.
const CLI::Option* optionNamed(const CLI::App* app, const std::string& word) {
  for (; app != nullptr; app = app->get_parent()) {
    const auto* option = app->get_option_no_throw(word);
    if (option != nullptr && !option->get_positional()) return option;
  }
  return nullptr;
}

void addOptions(const CLI::App* app, Candidates& out) {
  for (; app != nullptr; app = app->get_parent()) {
    for (const auto* option : app->get_options()) {
      for (const auto& name : option->get_lnames()) {
        const bool known = std::ranges::any_of(out.words, [&](const Candidate& c) { return c.word == "--" + name; });
        if (!known) out.words.push_back({"--" + name, option->get_description()});
      }
    }
  }
}

const CLI::Option* positionalAt(const CLI::App& app, std::size_t nth) {
  const CLI::Option* last = nullptr;
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    last = option;
    if (nth-- == 0) return option;
  }
  return last != nullptr && last->get_items_expected_max() > 1 ? last : nullptr;
}

// Where the words before the last one lead.
struct Position {
  const CLI::App* command = nullptr;
  const CLI::Option* awaiting = nullptr;  // an option that still wants its value
  std::size_t positionals = 0;
};

Position follow(const CLI::App& app, const std::vector<std::string>& words) {
  Position at{.command = &app};
  for (const auto& word : words) {
    if (at.awaiting != nullptr) {
      at.awaiting = nullptr;
    } else if (word.size() > 1 && word.starts_with('-')) {
      const auto* option = optionNamed(at.command, word);
      if (option != nullptr && option->get_type_size() > 0) at.awaiting = option;
    } else if (const auto* next = at.positionals == 0 ? commandNamed(*at.command, word) : nullptr) {
      at.command = next;
    } else {
      ++at.positionals;
    }
  }
  return at;
}

}  // namespace

std::string completionScript(std::string_view shell) {
  if (shell == "zsh") return std::string(kZsh);
  return std::string(shell == "fish" ? kFish : kBash);
}

Candidates complete(const CLI::App& app, std::vector<std::string> words, Session& session) {
  const std::string typed = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  Candidates out;
  bool marked = false;
  const auto program = takeProgram(words, &marked);
  if (marked) {
    // Whatever comes after `lull governor --` is the program's.
    out.files = program.empty() ? Candidates::Files::Programs : Candidates::Files::Files;
    return out;
  }
  const auto at = follow(app, words);
  if (at.awaiting != nullptr) {
    addArguments(app, typeName(*at.awaiting), session, out);
  } else if (typed.starts_with('-')) {
    addOptions(at.command, out);
  } else {
    if (at.positionals == 0) addCommands(*at.command, out);
    const auto* positional = positionalAt(*at.command, at.positionals);
    if (positional != nullptr) addArguments(app, typeName(*positional), session, out);
  }
  std::erase_if(out.words, [&](const Candidate& c) { return !c.word.starts_with(typed); });
  return out;
}

std::string candidatesText(const Candidates& candidates) {
  std::string out;
  for (const auto& [word, text] : candidates.words) out += harmless(word) + "\t" + harmless(text) + "\n";
  if (candidates.files == Candidates::Files::Files) out += ":files\n";
  if (candidates.files == Candidates::Files::Folders) out += ":folders\n";
  if (candidates.files == Candidates::Files::Programs) out += ":programs\n";
  return out;
}

}  // namespace lull::cli
