// SPDX-License-Identifier: Apache-2.0
// Models that come: downloads, and what downloads and uploads have in common.
#include "base/log.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "models/address.h"
#include "models/names.h"
#include "models/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace lull::models {

namespace {

using Message = v1::ModelTransfer;
constexpr int kAtOnce = 2;

}  // namespace

Store::Transfer* Store::at(const std::string& id) {
  const auto found = m_transfers.find(id);
  return found == m_transfers.end() ? nullptr : found->second.get();
}

// What a person who says `which` may mean; not what is done.
Store::Transfer* Store::called(const std::string& which) {
  for (const auto& [id, transfer] : m_transfers) {
    const bool named = id == which || (transfer->told.name() == which && !m_models.find(which, {}));
    if (named && transfer->comes() && transfer->told.state() != Message::STATE_DONE) return transfer.get();
  }
  return nullptr;
}

void Store::note(const Transfer& transfer) {
  work<Outcome>(
      m_disk, [this, parcel = transfer.parcel] { return m_shelf.note(parcel); },
      [](const Outcome& noted) {
        if (!noted) log::warning("models: {}", noted.error().text());
      });
}

void Store::add(const v1::AddModelRequest& request, Reply<v1::AddModelReply> reply) {
  if (auto fits = checkAddress(request.url()); !fits) return reply(fits.error());
  if (!request.sha256().empty() && !isSha256(request.sha256())) {
    return reply(Error(Error::Kind::Invalid, "sha256: 64 lower-case hex digits are needed"));
  }
  const auto name = request.name().empty() ? nameFrom(request.url()) : request.name();
  if (auto fits = checkName(name); !fits) return reply(fits.error());
  v1::AddModelReply out;
  if (const auto* model = m_models.at(request.sha256())) {
    *out.mutable_model() = shown(*model, m_events.inUse());
    return reply(out);
  }
  const auto id = "d-" + sha256(request.url()).substr(0, 24);
  auto* transfer = at(id);
  if (transfer == nullptr || transfer->told.state() == Message::STATE_DONE) {
    Parcel parcel;
    parcel.set_id(id);
    parcel.set_url(request.url());
    parcel.set_origin(shownAddress(request.url()));
    auto begun = begin(std::move(parcel));
    if (!begun) return reply(begun.error());
    transfer = *begun;
  } else if (!transfer->isOver() && transfer->parcel.sha256() != request.sha256() && !request.sha256().empty()) {
    return reply(Error(Error::Kind::Conflict,
                       "it is coming already, without that SHA-256: give that up first with "
                       "lull model remove " +
                           id));
  }
  if (transfer->isOver() || transfer->parcel.name().empty()) {
    transfer->parcel.set_name(name);
    transfer->parcel.set_sha256(request.sha256());
    transfer->parcel.set_failed(false);
    transfer->parcel.clear_text();
    transfer->told.set_name(name);
    transfer->told.set_state(Message::STATE_WAITING);
    transfer->told.clear_text();
  }
  startWaiting();
  *out.mutable_transfer() = transfer->told;
  tell();
  work<Outcome>(
      m_disk, [this, parcel = transfer->parcel] { return m_shelf.note(parcel); },
      [this, id, out, reply = std::move(reply)](const Outcome& noted) {
        if (noted) return reply(out);
        if (auto* lost = at(id)) fail(*lost, noted.error());
        reply(noted.error().during("noting the download"));
      });
}

// Downloads that wait begin, two at a time; while there is a reason to pause, none runs.
void Store::startWaiting() {
  if (m_rules.quota == 0) return;  // not told yet
  auto running = std::ranges::count_if(m_transfers, [](const auto& row) { return row.second->runs(); });
  for (const auto& [id, transfer] : m_transfers) {
    auto& told = transfer->told;
    if (!m_paused.empty() && (transfer->runs() || transfer->waits())) {
      transfer->download.reset();
      told.set_state(Message::STATE_PAUSED);
      told.set_text(m_paused);
      told.clear_bytes_per_second();
    } else if (transfer->waits() && running < kAtOnce) {
      ++running;
      start(*transfer);
    } else if (transfer->waits()) {
      told.set_state(Message::STATE_WAITING);
      told.set_text("waits for its turn");
    }
  }
}

void Store::start(Transfer& transfer) {
  transfer.told.set_state(v1::ModelTransfer::STATE_RUNNING);
  transfer.told.clear_text();
  if (transfer.opening) return;
  transfer.opening = true;
  auto parcel = std::make_shared<Parcel>(transfer.parcel);
  work<std::shared_ptr<Result<Shelf::Part>>>(
      m_disk, [this, parcel] { return std::make_shared<Result<Shelf::Part>>(m_shelf.openPart(*parcel)); },
      [this, parcel](const std::shared_ptr<Result<Shelf::Part>>& part) {
        auto* opened = at(parcel->id());
        if (opened == nullptr) return;
        opened->opening = false;
        opened->parcel.set_boot(parcel->boot());
        if (opened->told.state() == Message::STATE_RUNNING) run(*opened, *part);
      });
}

void Store::run(Transfer& transfer, const Result<Shelf::Part>& part) {
  if (!part) return fail(transfer, part.error());
  const fetch::Order order{.url = transfer.parcel.url(),
                           .etag = part->have > 0 ? transfer.parcel.etag() : "",
                           .maxBytes = roomFor(&transfer),
                           .maxRate = m_rules.maxRate,
                           .firstPause = m_options.firstPauseMs};
  auto started = startDownload(m_loop, m_options.fetchProgram, order, part->fd,
                               [this, id = transfer.told.id()](const Told& told) { heard(id, told); });
  if (!started) return fail(transfer, started.error());
  transfer.told.set_done_bytes(part->have);
  transfer.download = std::move(*started);
  tell();
}

void Store::heard(const std::string& id, const Told& what) {
  auto* transfer = at(id);
  if (transfer == nullptr) return;
  switch (what.what) {
    case Told::What::Total:
      return announced(*transfer, what.number);
    case Told::What::Etag:
      transfer->parcel.set_etag(what.text);
      return;
    case Told::What::At:
      transfer->told.clear_text();
      return moved(*transfer, what.number);
    case Told::What::Again:
      transfer->told.set_text(fmt::format("{}; tries again", what.text));
      transfer->told.clear_bytes_per_second();
      return tell();
    case Told::What::Done:
      transfer->download.reset();
      transfer->told.set_done_bytes(what.number);
      return finish(*transfer);
    case Told::What::Failed:
      transfer->download.reset();
      return fail(*transfer, what.error);
  }
}

void Store::announced(Transfer& transfer, std::uint64_t total) {
  transfer.told.set_total_bytes(total);
  transfer.parcel.set_size(total);
  note(transfer);
  // lull-fetch refuses what is larger than it was allowed; this makes the room it was promised.
  if (auto room = makeRoom(&transfer, total); !room) {
    transfer.download.reset();
    return fail(transfer, room.error());
  }
  tell();
}

void Store::moved(Transfer& transfer, std::uint64_t done) {
  const auto now = m_clock.now().instant;
  transfer.told.set_done_bytes(done);
  transfer.touchedAt = m_clock.now().unixMs;
  const auto span = std::chrono::duration<double>(now - transfer.measuredAt).count();
  if (transfer.measuredAt == Instant{} || done < transfer.measuredBytes) {
    transfer.measuredAt = now;
    transfer.measuredBytes = done;
  } else if (span >= 1) {
    const auto rate = static_cast<double>(done - transfer.measuredBytes) / span;
    transfer.told.set_bytes_per_second(static_cast<std::uint64_t>(rate));
    transfer.measuredAt = now;
    transfer.measuredBytes = done;
  }
  tell(false);
}

void Store::finish(Transfer& transfer) {
  auto& told = transfer.told;
  told.set_state(Message::STATE_CHECKING);
  told.clear_bytes_per_second();
  told.set_text("the file is read and checked");
  tell();
  startWaiting();
  const auto now = m_clock.now().unixMs;
  work<Result<v1::Model>>(
      m_reading, [this, now, parcel = transfer.parcel] { return m_shelf.accept(parcel, now, {m_stop}); },
      [this, id = told.id()](Result<v1::Model> model) { accepted(id, std::move(model)); });
}

void Store::accepted(const std::string& id, Result<v1::Model> model) {
  auto* transfer = at(id);
  if (model) {
    if (const auto* before = m_models.at(model->sha256())) {
      model->set_used_unix_ms(before->used_unix_ms());
      model->set_added_unix_ms(before->added_unix_ms());
    }
    log::info("models: {} is here ({})", model->name(), model->sha256());
    m_models.put(*model);
    if (transfer != nullptr) end(*transfer, model->sha256());
    return tell();
  }
  if (transfer == nullptr) return;
  // What was wrong is gone from the disk, with its note.
  if (model.error().kind() == Error::Kind::Invalid) transfer->told.clear_done_bytes();
  fail(*transfer, model.error());
}

void Store::fail(Transfer& transfer, const Error& error) {
  const bool gone = transfer.told.done_bytes() == 0;
  log::warning("models: {}: {}", transfer.told.name(), error.text());
  auto& told = transfer.told;
  told.set_state(Message::STATE_FAILED);
  told.set_text(validUtf8(error.text()));
  told.clear_bytes_per_second();
  transfer.touchedAt = m_clock.now().unixMs;
  if (transfer.comes()) {
    transfer.parcel.set_failed(true);
    transfer.parcel.set_text(told.text());
    work<bool>(
        m_disk,
        [this, gone, parcel = transfer.parcel] {
          if (gone) m_shelf.drop(parcel.id());
          if (!gone) m_shelf.settle(parcel.id());
          return gone || m_shelf.note(parcel).ok();
        },
        [](bool) {});
  }
  startWaiting();
  tell();
}

void Store::end(Transfer& transfer, const std::string& sha256) {
  transfer.told.set_state(Message::STATE_DONE);
  transfer.told.set_sha256(sha256);
  transfer.told.clear_text();
  transfer.touchedAt = m_clock.now().unixMs;
  dropEnded();
  tell();
}

void Store::dropEnded() {
  m_endedTimer.expires_after(m_options.endedShown);
  m_endedTimer.async_wait([this, weak = std::weak_ptr(m_self)](const asio::error_code& error) {
    // It may have gone off before it was set anew: what ended then is still to be shown.
    if (error || weak.expired() || m_endedTimer.expiry() > std::chrono::steady_clock::now()) return;
    std::erase_if(m_transfers, [](const auto& row) { return row.second->told.state() == Message::STATE_DONE; });
    tell();
  });
}

}  // namespace lull::models
