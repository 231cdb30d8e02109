// SPDX-License-Identifier: Apache-2.0
// The models of this device: which there are, which are coming, and room for them. Called on the loop's thread; disks
// may be slow, so their work is done on threads of the store's own (one for what is short, one for reading whole files)
// and replies come back on the loop.
//
// Room: models and what is coming take models.max_storage at most. What does not fit makes those that were not used for
// longest go, when its size is known; never one in use, held, or the default.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "lull/v1/envelope.pb.h"
#include "models/catalogue.h"
#include "models/download.h"
#include "models/shelf.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace lull::models {

struct StoreOptions {
  std::filesystem::path root{};
  std::filesystem::path fetchProgram{};
  std::uint64_t firstPauseMs = 1000;  // before lull-fetch tries again
  Milliseconds endedShown{60'000};    // how long a transfer that is done is told of
};
struct StoreEvents {
  std::function<void()> changed;                 // summary() says something new
  std::function<std::set<std::string>()> inUse;  // hashes of the models that tasks name which have not ended
};
struct StoreRules {
  std::uint64_t quota = 0;    // bytes
  std::uint64_t maxRate = 0;  // bytes/s; 0: no limit
  std::string usual;          // the model used where none is named: name or hash
};

class Store {
public:
  template <typename T>
  using Reply = std::function<void(Result<T>)>;

  // Downloads that were under way go on at the first setRules().
  [[nodiscard]] static Result<std::unique_ptr<Store>> create(asio::io_context& loop, const Clock& clock,
                                                             StoreOptions options, StoreEvents events);
  ~Store();  // stops what is under way; it goes on in the next service
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void setRules(StoreRules rules);
  // A reason in words: downloads wait. Empty: they go on.
  void setPaused(std::string why);

  void add(const v1::AddModelRequest& request, Reply<v1::AddModelReply> reply);
  void put(std::uint64_t connection, const v1::PutModelRequest& request, Reply<v1::PutModelReply> reply);
  void remove(const std::string& which, Reply<v1::RemoveModelReply> reply);
  [[nodiscard]] Result<v1::VerifyModelReply> verify(const std::string& which);
  [[nodiscard]] Result<v1::Model> find(const std::string& which) const;
  [[nodiscard]] v1::ListModelsReply list() const;
  [[nodiscard]] v1::ModelStore summary() const;
  void connectionClosed(std::uint64_t connection);

  // For a task that is about to name it, or to run with it. It counts as used now, and stays while `held` is kept:
  // until the task is known to inUse. NotFound; Conflict when it is damaged.
  struct Use {
    std::filesystem::path file;
    v1::Model model;
    std::shared_ptr<const void> held;
  };
  [[nodiscard]] Result<Use> use(const std::string& sha256);

private:
  struct Transfer;
  using Transfers = std::map<std::string, std::unique_ptr<Transfer>>;
  Store(asio::io_context& loop, const Clock& clock, StoreOptions options, StoreEvents events);
  void takeOver(Shelf::Contents contents);
  template <typename T>
  void work(asio::thread_pool& pool, std::function<T()> job, std::function<void(T)> done);

  // Transfers: store_places.cpp, store_transfers.cpp, store_uploads.cpp
  [[nodiscard]] Result<Transfer*> begin(Parcel parcel);
  void forget(const std::string& id);
  void forgetOld();
  void makePlace();
  void startWaiting();
  void start(Transfer& transfer);
  void run(Transfer& transfer, const Result<Shelf::Part>& part);
  void heard(const std::string& id, const Told& told);
  void announced(Transfer& transfer, std::uint64_t total);
  void moved(Transfer& transfer, std::uint64_t done);
  void finish(Transfer& transfer);
  void accepted(const std::string& id, Result<v1::Model> model);
  void fail(Transfer& transfer, const Error& error);
  void end(Transfer& transfer, const std::string& sha256);
  void note(const Transfer& transfer);
  void dropEnded();
  [[nodiscard]] Transfer* at(const std::string& id);
  [[nodiscard]] Transfer* called(const std::string& which);
  void opened(const std::string& id, const Outcome& outcome, const Reply<v1::PutModelReply>& reply);
  void write(Transfer& transfer, const v1::PutModelRequest& request, Reply<v1::PutModelReply> reply);
  void written(const std::string& id, std::uint64_t count, const Outcome& outcome,
               const Reply<v1::PutModelReply>& reply);
  [[nodiscard]] v1::PutModelReply standing(const Transfer& transfer) const;

  // Room: store.cpp
  [[nodiscard]] std::set<std::string> kept() const;
  [[nodiscard]] std::uint64_t coming(const Transfer* but) const;
  [[nodiscard]] std::uint64_t roomFor(const Transfer* transfer) const;
  [[nodiscard]] Outcome makeRoom(const Transfer* transfer, std::uint64_t bytes);
  void removeModel(const std::string& sha256, std::function<void(Outcome)> done);
  void verified(const std::string& sha256, const Result<std::string>& hash);
  [[nodiscard]] v1::Model shown(const v1::Model& model, const std::set<std::string>& inUse) const;
  void tell(bool atOnce = true);

  asio::io_context& m_loop;
  const Clock& m_clock;
  const StoreOptions m_options;
  const StoreEvents m_events;
  const Shelf m_shelf;
  StoreRules m_rules;
  std::string m_paused;
  Catalogue m_models;
  Transfers m_transfers;
  std::map<std::string, std::weak_ptr<const void>> m_held;
  Instant m_told{};
  asio::steady_timer m_endedTimer;
  std::shared_ptr<Store*> m_self;  // gone when the store is: late results then find nobody
  std::atomic<bool> m_stop{false};
  asio::thread_pool m_disk{1};     // short work
  asio::thread_pool m_reading{1};  // whole files
};

}  // namespace lull::models
