// SPDX-License-Identifier: Apache-2.0
// model add, list, show, remove, verify, default.
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/model_transfer.h"
#include "cli/table.h"

#include <fmt/core.h>

#include <array>

namespace lull::cli {

namespace {

std::string parametersText(std::uint64_t count) {
  if (count >= 1'000'000'000) return fmt::format("{:.1f} B", static_cast<double>(count) / 1e9);
  return count >= 1'000'000 ? fmt::format("{:.0f} M", static_cast<double>(count) / 1e6) : std::to_string(count);
}

std::string quantisationText(const v1::ModelHeader& header) {
  return header.file_type().empty() ? header.quantisation() : header.file_type();
}

std::string_view wordFor(v1::ModelTransfer::State state) {
  constexpr std::array<std::string_view, 7> kWords{"unknown",  "waits", "running", "paused",
                                                   "checking", "done",  "failed"};
  return static_cast<std::size_t>(state) < kWords.size() ? kWords.at(static_cast<std::size_t>(state)) : kWords[0];
}

std::string marksOf(const v1::Model& model) {
  if (!model.trouble().empty()) return "damaged";
  if (model.is_default()) return model.in_use() ? "default, in use" : "default";
  return model.in_use() ? "in use" : "";
}

std::string modelsText(const v1::ListModelsReply& reply, UnixMs now, const Terminal& terminal) {
  Table table(
      {{"MODEL"}, {"HASH"}, {"SIZE", Table::Align::Right}, {"WEIGHTS", Table::Align::Right}, {"KIND"}, {"USED"}, {""}});
  for (const auto& model : reply.models()) {
    const auto& header = model.header();
    table.add({{model.name(), Colour::Bold},
               {model.sha256().substr(0, 12), Colour::Dim},
               {bytes(model.bytes()), Colour::Plain},
               {parametersText(header.parameters()), Colour::Plain},
               {header.architecture() + " " + quantisationText(header), Colour::Plain},
               {model.used_unix_ms() > 0 ? ago(model.used_unix_ms(), now) : "never", Colour::Plain},
               {marksOf(model), model.trouble().empty() ? Colour::Green : Colour::Red}});
  }
  return table.text(terminal);
}

std::string transfersText(const v1::ListModelsReply& reply, const Terminal& terminal) {
  Table table({{"COMING"}, {"ID"}, {"STATE"}, {"HOW FAR"}}, Table::LastColumn::Wrap);
  for (const auto& transfer : reply.transfers()) {
    if (transfer.state() == v1::ModelTransfer::STATE_DONE) continue;
    const bool failed = transfer.state() == v1::ModelTransfer::STATE_FAILED;
    table.add({{transfer.name(), Colour::Bold},
               {transfer.id(), Colour::Dim},
               {std::string(wordFor(transfer.state())), failed ? Colour::Red : Colour::Plain},
               {progressText(transfer), Colour::Plain}});
  }
  return table.empty() ? std::string() : table.text(terminal);
}

std::string factsText(const v1::GetModelReply& reply, UnixMs now, const Terminal& terminal) {
  const auto& model = reply.model();
  const auto& header = model.header();
  Table table({{}, {}}, Table::LastColumn::Wrap);
  const auto row = [&table](std::string label, std::string text) {
    if (!text.empty()) table.add({{std::move(label), Colour::Dim}, {std::move(text), Colour::Plain}});
  };
  if (!model.trouble().empty()) table.add({{"Damaged", Colour::Dim}, {model.trouble(), Colour::Red}});
  row("SHA-256", model.sha256());
  row("Title", header.title());
  row("Architecture",
      header.architecture() + (header.experts() > 0 ? fmt::format(", {} experts", header.experts()) : ""));
  row("Weights", fmt::format("{}, {}", parametersText(header.parameters()), quantisationText(header)));
  row("Size", bytes(model.bytes()));
  if (header.context_length() > 0) row("Context", fmt::format("{} tokens", header.context_length()));
  row("Layers", fmt::format("{}, {} wide", header.layers(), header.embedding()));
  row("Vocabulary", header.vocabulary() > 0 ? fmt::format("{} words", header.vocabulary()) : "");
  row("Chats", header.has_chat_template() ? "it has a chat template" : "no chat template: it completes texts");
  row("Licence", header.licence().empty() ? "the file does not tell" : header.licence());
  row("From", model.origin());
  row("Added", ago(model.added_unix_ms(), now));
  row("Used", model.used_unix_ms() > 0 ? ago(model.used_unix_ms(), now) : "never");
  row("Checked", model.hash_given() ? "against the SHA-256 that was given" : "no SHA-256 was given when it was added");
  row("Marks", marksOf(model));
  for (const auto& fit : reply.fits()) row(fit.gpu_name(), fit.text());
  if (reply.fits().empty()) row("GPU", "there is no usable GPU to hold it against");
  return table.text(terminal);
}

Result<v1::GetModelReply> look(Session& session, const std::string& which) {
  v1::GetModelRequest request;
  request.set_which(which);
  return session.call(std::move(request));
}

Answer tellAdded(Session& session, const std::string& sha256, bool wasThere) {
  const auto reply = look(session, sha256);
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
    return Exit::Ok;
  }
  const auto& model = reply->model();
  const auto& header = model.header();
  session.terminal().line(fmt::format(
      "{} {}: {}, {}, {} weights, {}.", harmless(model.name()), wasThere ? "is there already" : "is here",
      bytes(model.bytes()), header.architecture(), parametersText(header.parameters()), quantisationText(header)));
  if (!model.hash_given()) {
    session.remark(fmt::format("No SHA-256 was given, so nobody vouches for it; what came has {}", model.sha256()));
  }
  return Exit::Ok;
}

Answer follow(Session& session, const v1::ModelTransfer& transfer, bool wait) {
  if (!wait) {
    if (session.json()) {
      v1::AddModelReply out;
      *out.mutable_transfer() = transfer;
      session.emit(out);
    } else {
      session.terminal().line(fmt::format("{}  {}", transfer.id(), harmless(transfer.name())));
    }
    return Exit::Ok;
  }
  const auto ended = waitForTransfer(session, transfer);
  if (!ended) return ended.error();
  return tellAdded(session, ended->sha256(), false);
}

Answer addUrl(Session& session, const AddModelOptions& options) {
  v1::AddModelRequest request;
  request.set_url(options.source);
  request.set_name(options.name);
  request.set_sha256(options.sha256);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  if (reply->has_model()) return tellAdded(session, reply->model().sha256(), true);
  return follow(session, reply->transfer(), !options.leave);
}

Answer addFile(Session& session, const AddModelOptions& options) {
  const auto sent = sendModel(session, {.file = options.source, .name = options.name, .sha256 = options.sha256});
  if (!sent) {
    if (session.isGone() || session.interrupt().pending()) {
      session.remark("What was sent is kept for some days: add the same file again to go on.");
    }
    return sent.error();
  }
  if (sent->has_model()) return tellAdded(session, sent->model().sha256(), true);
  return follow(session, sent->transfer(), !options.leave);
}

}  // namespace

Answer addModel(Session& session, const AddModelOptions& options) {
  return options.source.find("://") != std::string::npos ? addUrl(session, options) : addFile(session, options);
}

Answer listModels(Session& session) {
  const auto reply = session.call(v1::ListModelsRequest{});
  if (!reply) return reply.error();
  if (session.json()) {
    session.emit(*reply);
    return Exit::Ok;
  }
  auto& terminal = session.terminal();
  const auto coming = transfersText(*reply, terminal);
  if (reply->models().empty() && coming.empty()) {
    terminal.line("No model yet. `lull model add FILE|URL` brings the first.");
    return Exit::Ok;
  }
  std::uint64_t sum = 0;
  for (const auto& model : reply->models()) sum += model.bytes();
  if (!reply->models().empty()) {
    terminal.print(modelsText(*reply, session.now(), terminal));
    terminal.line(fmt::format("{} of {} that models may take.", bytes(sum), bytes(reply->max_bytes())));
  }
  if (!coming.empty()) terminal.print((reply->models().empty() ? "" : "\n") + coming);
  return Exit::Ok;
}

Answer showModel(Session& session, const std::string& which, bool chatTemplate) {
  const auto reply = look(session, which);
  if (!reply) return reply.error();
  auto& terminal = session.terminal();
  if (session.json()) {
    session.emit(*reply);
  } else if (chatTemplate) {
    const auto& header = reply->model().header();
    if (!header.has_chat_template()) return Error(Error::Kind::NotFound, "this model has no chat template");
    terminal.print(header.chat_template() + "\n");
  } else {
    terminal.line(terminal.paint(Colour::Bold, harmless(reply->model().name())) + "\n");
    terminal.print(factsText(*reply, session.now(), terminal));
  }
  return Exit::Ok;
}

Answer removeModels(Session& session, const std::vector<std::string>& which) {
  return session.inTurn(which, [&session](const std::string& each) -> Outcome {
    v1::RemoveModelRequest request;
    request.set_which(each);
    const auto reply = session.call(std::move(request));
    if (!reply) return reply.error();
    if (session.json()) {
      session.emit(*reply);
    } else if (reply->has_transfer()) {
      session.terminal().line(fmt::format("{} is given up.", harmless(reply->transfer().name())));
    } else {
      session.terminal().line(
          fmt::format("{} is removed: {} free again.", harmless(reply->model().name()), bytes(reply->model().bytes())));
    }
    return {};
  });
}

Answer verifyModel(Session& session, const std::string& which) {
  v1::VerifyModelRequest request;
  request.set_which(which);
  const auto reply = session.call(std::move(request));
  if (!reply) return reply.error();
  const auto ended = waitForTransfer(session, reply->transfer());
  if (!ended) return ended.error();
  if (session.json()) {
    v1::VerifyModelReply out;
    *out.mutable_transfer() = *ended;
    session.emit(out);
  } else {
    session.terminal().line(fmt::format("{} is whole: its SHA-256 is right.", harmless(ended->name())));
  }
  return Exit::Ok;
}

Answer defaultModel(Session& session, const std::string& which) {
  const auto reply = look(session, which);
  if (!reply) return reply.error();
  if (!which.empty()) {
    v1::SetSettingRequest request;
    request.set_key("models.default");
    request.set_value(reply->model().sha256());
    if (auto set = session.call(std::move(request)); !set) return set.error();
  }
  if (session.json()) {
    session.emit(*reply);
  } else {
    session.terminal().line(fmt::format("{} is used where no model is named.", harmless(reply->model().name())));
  }
  return Exit::Ok;
}

}  // namespace lull::cli
