// SPDX-License-Identifier: Apache-2.0
// A conversation with one language model through the service: begun with the first question, and again when it was
// lost.
#pragma once

#include "cli/session.h"

#include <functional>
#include <string>
#include <utility>

namespace lull::cli {

class ModelTalk {
public:
  ModelTalk(Session& session, v1::Model model) : m_session(&session), m_model(std::move(model)) {}

  // What of an answer is shown as it comes. An event with `waiting` says why nothing comes.
  using Show = std::function<void(const v1::AskEvent&)>;
  enum class End {
    Done,
    Stopped,      // by Ctrl-C; what came is what there is
    Interrupted,  // the model lost the GPU: to be asked again
    TooLong,      // to be asked again with less
    Over,         // the conversation was lost before anything was said: to be asked again
  };
  // Errors: why there is no answer.
  [[nodiscard]] Result<End> ask(const std::string& body, const Show& show);
  // The GPU's memory is free soon.
  void close();
  [[nodiscard]] const v1::Model& model() const { return m_model; }

private:
  [[nodiscard]] Outcome begin();
  [[nodiscard]] Result<End> follow(std::uint64_t id, const Show& show);
  [[nodiscard]] Result<End> stop(std::uint64_t id);

  Session* m_session;
  v1::Model m_model;
  std::string m_task;  // empty: not begun
};

// The model of this name, the default one, or why there is none.
[[nodiscard]] Result<v1::Model> modelToTalkTo(Session& session, const std::string& which);

}  // namespace lull::cli
