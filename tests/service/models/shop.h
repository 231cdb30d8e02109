// SPDX-License-Identifier: Apache-2.0
// A store with its loop, in a private folder, and what its clients do.
#pragma once

#include "base/sha256.h"
#include "fakes/fake_clock.h"
#include "models/store.h"
#include "service/gguf/gguf_bytes.h"

#include <asio/executor_work_guard.hpp>

#include <QTemporaryDir>

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lull::test {

inline constexpr std::uint64_t kRoomy = 1ULL << 30U;

class Shop {
public:
  explicit Shop(std::filesystem::path root) : m_root(std::move(root)) { open(); }

  // The service ends, and begins again.
  void reopen(std::uint64_t quota = kRoomy) {
    store.reset();
    open(quota);
  }
  void open(std::uint64_t quota = kRoomy) {
    auto made = models::Store::create(
        loop, clock,
        {.root = m_root,
         .fetchProgram = std::filesystem::path(qgetenv("LULL_BUILD_DIR").toStdString()) / "bin/lull-fetch",
         .firstPauseMs = 5},
        {.changed = [this] { ++changes; }, .inUse = [this] { return inUse; }});
    if (!made) qFatal("%s", made.error().text().c_str());
    store = std::move(*made);
    rules.quota = quota;
    store->setRules(rules);
  }
  void allow(std::uint64_t quota, std::string usual = {}) {
    rules.quota = quota;
    rules.usual = std::move(usual);
    store->setRules(rules);
  }

  // Runs the loop until it is so; false after a long time.
  bool until(const std::function<bool()>& so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!so()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  template <typename Message, typename Request>
  Result<Message> ask(Request&& request) {
    std::optional<Result<Message>> out;
    request([&out](Result<Message> result) { out.emplace(std::move(result)); });
    if (!until([&] { return out.has_value(); })) qFatal("no reply");
    return *std::move(out);
  }
  Result<v1::PutModelReply> put(const v1::PutModelRequest& request, std::uint64_t connection = 1) {
    return ask<v1::PutModelReply>([&](auto reply) { store->put(connection, request, reply); });
  }
  Result<v1::AddModelReply> add(const std::string& url, const std::string& hash = {}, const std::string& name = {}) {
    v1::AddModelRequest request;
    request.set_url(url);
    request.set_sha256(hash);
    request.set_name(name);
    return ask<v1::AddModelReply>([&](auto reply) { store->add(request, reply); });
  }
  Result<v1::RemoveModelReply> remove(const std::string& which) {
    return ask<v1::RemoveModelReply>([&](auto reply) { store->remove(which, reply); });
  }

  static v1::PutModelRequest requestFor(const std::string& bytes, const std::string& name) {
    v1::PutModelRequest request;
    request.set_sha256(sha256(bytes));
    request.set_size(bytes.size());
    request.set_name(name);
    request.set_origin(name + ".gguf");
    return request;
  }
  // As a client sends a file; the last reply.
  Result<v1::PutModelReply> send(const std::string& bytes, const std::string& name, std::size_t chunk = 100'000) {
    auto request = requestFor(bytes, name);
    for (;;) {
      auto reply = put(request);
      if (!reply || reply->has_model() || reply->next_offset() >= bytes.size()) return reply;
      request.set_offset(reply->next_offset());
      request.set_data(bytes.substr(reply->next_offset(), chunk));
    }
  }
  // …and waits for its end.
  v1::ModelTransfer sendAll(const std::string& bytes, const std::string& name) {
    const auto sent = send(bytes, name);
    if (!sent) {
      v1::ModelTransfer out;
      out.set_state(v1::ModelTransfer::STATE_FAILED);
      out.set_text(sent.error().text());
      return out;
    }
    if (!sent->has_model()) return ended(sent->transfer().id());
    v1::ModelTransfer out;  // it was there already
    out.set_state(v1::ModelTransfer::STATE_DONE);
    return out;
  }

  [[nodiscard]] v1::ModelTransfer transfer(const std::string& id) const {
    const auto summary = store->summary();
    for (const auto& each : summary.transfers()) {
      if (each.id() == id) return each;
    }
    return {};
  }
  v1::ModelTransfer ended(const std::string& id) {
    const auto isOver = [&] {
      const auto state = transfer(id).state();
      return state == v1::ModelTransfer::STATE_DONE || state == v1::ModelTransfer::STATE_FAILED;
    };
    if (!until(isOver)) qFatal("the transfer %s does not end", id.c_str());
    return transfer(id);
  }
  bool reaches(const std::string& id, v1::ModelTransfer::State state) {
    return until([&] { return transfer(id).state() == state; });
  }

  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> out;
    const auto list = store->list();
    for (const auto& model : list.models()) out.insert(model.name());
    return out;
  }
  [[nodiscard]] std::filesystem::path root() const { return m_root; }
  [[nodiscard]] std::set<std::string> files(const std::string& folder = {}) const {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(m_root / folder)) {
      if (!entry.is_directory()) out.insert(entry.path().filename().native());
    }
    return out;
  }

  asio::io_context loop;
  asio::executor_work_guard<asio::io_context::executor_type> working = asio::make_work_guard(loop);
  fakes::FakeClock clock;
  models::StoreRules rules;
  std::set<std::string> inUse;
  int changes = 0;
  std::unique_ptr<models::Store> store;

private:
  std::filesystem::path m_root;
};

}  // namespace lull::test
