// SPDX-License-Identifier: Apache-2.0
#include "models/store.h"

#include "base/log.h"
#include "base/sha256.h"
#include "models/transfer.h"

#include <fmt/format.h>

#include <algorithm>

namespace lull::models {

namespace {

v1::ModelTransfer toldOf(const Incoming& incoming) {
  const auto& parcel = incoming.parcel;
  v1::ModelTransfer out;
  out.set_id(parcel.id());
  out.set_kind(parcel.upload() ? v1::ModelTransfer::KIND_UPLOAD : v1::ModelTransfer::KIND_DOWNLOAD);
  out.set_state(parcel.failed() ? v1::ModelTransfer::STATE_FAILED : v1::ModelTransfer::STATE_WAITING);
  out.set_name(parcel.name());
  out.set_origin(parcel.origin());
  out.set_done_bytes(incoming.have);
  out.set_total_bytes(parcel.size());
  out.set_text(parcel.text());
  if (parcel.upload() && !parcel.failed()) out.set_text("waits for whoever sends it: add the same file again");
  return out;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::create(asio::io_context& loop, const Clock& clock, StoreOptions options,
                                             StoreEvents events) {
  std::unique_ptr<Store> store(new Store(loop, clock, std::move(options), std::move(events)));
  auto contents = store->m_shelf.open(clock.now().unixMs);
  if (!contents) return contents.error();
  store->takeOver(*std::move(contents));
  return store;
}

Store::Store(asio::io_context& loop, const Clock& clock, StoreOptions options, StoreEvents events)
    : m_loop(loop),
      m_clock(clock),
      m_options(std::move(options)),
      m_events(std::move(events)),
      m_shelf(m_options.root),
      m_endedTimer(loop),
      m_self(std::make_shared<Store*>(this)) {}

Store::~Store() {
  m_stop = true;
  m_self.reset();
  m_transfers.clear();
  m_disk.join();
  m_reading.join();
}

void Store::takeOver(Shelf::Contents contents) {
  for (auto& model : contents.models) m_models.put(std::move(model));
  for (auto& incoming : contents.incoming) {
    auto transfer = std::make_unique<Transfer>();
    transfer->told = toldOf(incoming);
    transfer->parcel = std::move(incoming.parcel);
    transfer->touchedAt = m_clock.now().unixMs;
    m_transfers[transfer->told.id()] = std::move(transfer);
  }
}

void Store::setRules(StoreRules rules) {
  m_rules = std::move(rules);
  startWaiting();
  tell();
}

void Store::setPaused(std::string why) {
  if (m_paused == why) return;
  m_paused = std::move(why);
  startWaiting();
  tell();
}

// Progress is told now and then, everything else at once.
void Store::tell(bool atOnce) {
  const auto now = m_clock.now().instant;
  if (!atOnce && now - m_told < kTellEvery) return;
  m_told = now;
  m_events.changed();
}

std::set<std::string> Store::kept() const {
  auto out = m_events.inUse();
  for (const auto& [sha256, held] : m_held) {
    if (!held.expired()) out.insert(sha256);
  }
  if (const auto usual = m_models.usualHash(m_rules.usual); !usual.empty()) out.insert(usual);
  return out;
}

std::uint64_t Store::coming(const Transfer* but) const {
  std::uint64_t sum = 0;
  for (const auto& [id, transfer] : m_transfers) sum += transfer.get() == but ? 0 : transfer->takes();
  return sum;
}

std::uint64_t Store::roomFor(const Transfer* transfer) const {
  const auto taken = coming(transfer) + m_models.bytesOf(kept());
  return m_rules.quota > taken ? m_rules.quota - taken : 0;
}

Outcome Store::makeRoom(const Transfer* transfer, std::uint64_t bytes) {
  const auto most = roomFor(transfer);
  if (bytes > most) {
    return Error(Error::Kind::TooBig,
                 fmt::format("the model has {} bytes, and there is room for {}: raise models.max_storage, remove a "
                             "model, or give up what is half here: lull model list (models in use and the default one "
                             "are never removed for another)",
                             bytes, most));
  }
  const auto taken = coming(transfer) + m_models.bytes();
  if (taken <= m_rules.quota && bytes <= m_rules.quota - taken) return {};
  for (const auto& sha256 : m_models.toFree(taken + bytes - m_rules.quota, kept())) {
    log::info("models: {} is removed to make room; it was not used for longest", m_models.at(sha256)->name());
    removeModel(sha256, [sha256](const Outcome& removed) {
      if (!removed) log::warning("models: {} could not be removed: {}", sha256, removed.error().text());
    });
  }
  return {};
}

void Store::removeModel(const std::string& sha256, std::function<void(Outcome)> done) {
  m_models.take(sha256);
  tell();
  work<Outcome>(
      m_disk, [this, sha256] { return m_shelf.remove(sha256); }, std::move(done));
}

void Store::remove(const std::string& which, Reply<v1::RemoveModelReply> reply) {
  if (which.empty()) return reply(Error(Error::Kind::Invalid, "which model is to be removed? Name it"));
  v1::RemoveModelReply out;
  if (auto* transfer = called(which)) {
    if (transfer->told.state() == v1::ModelTransfer::STATE_CHECKING || transfer->writing) {
      return reply(Error(Error::Kind::Conflict, which + " is being checked: try again when that is done"));
    }
    *out.mutable_transfer() = transfer->told;
    const auto id = transfer->told.id();
    m_transfers.erase(id);
    startWaiting();
    tell();
    return work<bool>(
        m_disk,
        [this, id] {
          m_shelf.drop(id);
          return true;
        },
        [reply = std::move(reply), out](bool) { reply(out); });
  }
  const auto found = m_models.find(which, m_rules.usual);
  if (!found) return reply(found.error());
  const auto inUse = m_events.inUse();
  const auto held = m_held.find(*found);
  if (inUse.contains(*found) || (held != m_held.end() && !held->second.expired())) {
    return reply(Error(Error::Kind::Conflict, "a task needs this model: cancel it first (lull tasks lists them)"));
  }
  *out.mutable_model() = shown(*m_models.at(*found), inUse);
  removeModel(*found, [this, reply = std::move(reply), out](const Outcome& removed) {
    if (removed) return reply(out);
    m_models.put(out.model());
    reply(removed.error());
  });
}

Result<v1::VerifyModelReply> Store::verify(const std::string& which) {
  const auto found = m_models.find(which, m_rules.usual);
  if (!found) return found.error();
  const auto& model = *m_models.at(*found);
  const auto id = "v-" + found->substr(0, 24);
  v1::VerifyModelReply out;
  if (const auto* running = at(id); running != nullptr && !running->isOver()) {
    *out.mutable_transfer() = running->told;
    return out;
  }
  auto transfer = std::make_unique<Transfer>();
  auto& told = transfer->told;
  told.set_id(id);
  told.set_kind(v1::ModelTransfer::KIND_VERIFY);
  told.set_state(v1::ModelTransfer::STATE_CHECKING);
  told.set_name(model.name());
  told.set_total_bytes(model.bytes());
  told.set_sha256(model.sha256());
  *out.mutable_transfer() = told;
  m_transfers[id] = std::move(transfer);
  tell();
  const auto progress = [this, id, weak = std::weak_ptr(m_self)](std::uint64_t done) {
    asio::post(m_loop, [this, id, weak, done] {
      if (auto* running = weak.expired() ? nullptr : at(id)) moved(*running, done);
    });
  };
  work<Result<std::string>>(
      m_reading,
      [this, sha256 = *found, progress] {
        return m_shelf.hashOf(sha256, {m_stop, progress});
      },
      [this, sha256 = *found](const Result<std::string>& hash) { verified(sha256, hash); });
  return out;
}

void Store::verified(const std::string& sha256, const Result<std::string>& hash) {
  auto* transfer = at("v-" + sha256.substr(0, 24));
  auto* model = m_models.at(sha256);
  if (transfer == nullptr || model == nullptr) return;
  if (!hash) return fail(*transfer, hash.error());
  const bool right = *hash == sha256;
  model->set_trouble(right ? "" : "the file is damaged: its SHA-256 is " + *hash);
  work<Outcome>(
      m_disk, [this, kept = *model] { return m_shelf.describe(kept); }, [](const Outcome&) {});
  if (!right) return fail(*transfer, Error(Error::Kind::Io, model->trouble() + ". Remove it and add it again"));
  transfer->told.set_done_bytes(transfer->told.total_bytes());
  end(*transfer, sha256);
}

v1::Model Store::shown(const v1::Model& model, const std::set<std::string>& inUse) const {
  auto out = model;
  out.set_is_default(model.sha256() == m_models.usualHash(m_rules.usual));
  out.set_in_use(inUse.contains(model.sha256()));
  return out;
}

Result<v1::Model> Store::find(const std::string& which) const {
  const auto found = m_models.find(which, m_rules.usual);
  if (!found) return found.error();
  return shown(*m_models.at(*found), m_events.inUse());
}

v1::ListModelsReply Store::list() const {
  v1::ListModelsReply out;
  const auto inUse = m_events.inUse();
  for (const auto* model : m_models.byName()) {
    *out.add_models() = shown(*model, inUse);
    out.mutable_models()->rbegin()->mutable_header()->clear_chat_template();
  }
  for (const auto& [id, transfer] : m_transfers) *out.add_transfers() = transfer->told;
  out.set_max_bytes(m_rules.quota);
  return out;
}

v1::ModelStore Store::summary() const {
  v1::ModelStore out;
  out.set_models(static_cast<std::uint32_t>(m_models.size()));
  out.set_bytes(m_models.bytes());
  out.set_max_bytes(m_rules.quota);
  out.set_default_sha256(m_models.usualHash(m_rules.usual));
  for (const auto& [id, transfer] : m_transfers) {
    *out.add_transfers() = transfer->told;
    if (transfer->comes() && !transfer->isOver()) out.set_bytes(out.bytes() + transfer->told.done_bytes());
  }
  return out;
}

Result<Store::Use> Store::use(const std::string& sha256) {
  auto* model = m_models.at(sha256);
  if (model == nullptr) {
    return Error(Error::Kind::NotFound,
                 fmt::format("the model {} is not on this device: lull model add brings it", sha256.substr(0, 12)));
  }
  if (!model->trouble().empty()) {
    return Error(Error::Kind::Conflict, fmt::format("the model {} is damaged: {}", model->name(), model->trouble()));
  }
  model->set_used_unix_ms(m_clock.now().unixMs);
  work<Outcome>(
      m_disk, [this, kept = *model] { return m_shelf.describe(kept); }, [](const Outcome&) {});
  std::erase_if(m_held, [](const auto& row) { return row.second.expired(); });
  auto held = m_held[sha256].lock();
  if (!held) m_held[sha256] = held = std::make_shared<std::string>(sha256);
  return Use{.file = m_shelf.fileOf(sha256), .model = *model, .held = std::move(held)};
}

}  // namespace lull::models
