// SPDX-License-Identifier: Apache-2.0
// Models that a client sends, chunk by chunk.
#include "base/sha256.h"
#include "base/utf8.h"
#include "models/names.h"
#include "models/transfer.h"

#include <fmt/format.h>

namespace lull::models {

namespace {

constexpr std::size_t kMostOfAChunk = 512 * 1024;
constexpr std::uint64_t kLargest = 1ULL << 45U;
constexpr std::size_t kLongestOrigin = 512;

Outcome check(const v1::PutModelRequest& request) {
  if (!isSha256(request.sha256())) {
    return Error(Error::Kind::Invalid, "sha256: 64 lower-case hex digits are needed");
  }
  if (request.data().size() > kMostOfAChunk) return Error(Error::Kind::TooBig, "data: at most 512 KiB a chunk");
  if (request.size() == 0) return Error(Error::Kind::Invalid, "size: the file is empty");
  if (request.size() > kLargest) return Error(Error::Kind::TooBig, "size: that is beyond any model");
  if (request.name().empty()) return {};
  return checkName(request.name());
}

Parcel parcelOf(const v1::PutModelRequest& request, const std::string& id) {
  Parcel out;
  out.set_id(id);
  out.set_upload(true);
  out.set_sha256(request.sha256());
  out.set_size(request.size());
  out.set_name(request.name().empty() ? nameFrom(request.origin()) : request.name());
  out.set_origin(std::string(cutUtf8(request.origin(), kLongestOrigin)));
  return out;
}

}  // namespace

v1::PutModelReply Store::standing(const Transfer& transfer) const {
  v1::PutModelReply out;
  out.set_next_offset(transfer.told.done_bytes());
  *out.mutable_transfer() = transfer.told;
  return out;
}

void Store::put(std::uint64_t connection, const v1::PutModelRequest& request, Reply<v1::PutModelReply> reply) {
  if (auto fits = check(request); !fits) return reply(fits.error());
  if (const auto* model = m_models.at(request.sha256())) {
    v1::PutModelReply out;
    *out.mutable_model() = shown(*model, m_events.inUse());
    out.set_next_offset(request.size());
    return reply(out);
  }
  const auto id = "u-" + request.sha256().substr(0, 24);
  auto* transfer = at(id);
  const bool known = transfer != nullptr && !transfer->isOver() && transfer->connection != 0;
  if (transfer != nullptr && transfer->told.state() == v1::ModelTransfer::STATE_CHECKING) {
    return reply(standing(*transfer));
  }
  if (known && transfer->parcel.size() == request.size()) return write(*transfer, request, std::move(reply));
  if (transfer != nullptr && (transfer->writing || transfer->opening)) {
    return reply(Error(Error::Kind::Unavailable, "the same model is being sent by somebody else: wait for that"));
  }
  auto begun = begin(parcelOf(request, id));  // anew, or again: what is on the disk stays
  if (!begun) return reply(begun.error());
  transfer = *begun;
  if (auto room = makeRoom(transfer, request.size()); !room) {
    m_transfers.erase(id);
    return reply(room.error());
  }
  transfer->told.set_state(v1::ModelTransfer::STATE_RUNNING);
  transfer->connection = connection;
  transfer->opening = true;
  auto parcel = std::make_shared<Parcel>(transfer->parcel);
  auto have = std::make_shared<std::uint64_t>(0);
  work<Outcome>(
      m_disk,
      [this, parcel, have]() -> Outcome {
        auto part = m_shelf.openPart(*parcel);
        if (!part) return part.error();
        *have = part->have;
        return m_shelf.reserve(*parcel);
      },
      [this, id, have, reply = std::move(reply)](const Outcome& outcome) {
        if (auto* here = at(id)) here->told.set_done_bytes(*have);
        opened(id, outcome, reply);
      });
}

void Store::opened(const std::string& id, const Outcome& outcome, const Reply<v1::PutModelReply>& reply) {
  auto* transfer = at(id);
  if (transfer == nullptr) return reply(Error(Error::Kind::Conflict, "the upload was given up"));
  transfer->opening = false;
  if (!outcome) {
    fail(*transfer, outcome.error());
    return reply(outcome.error());
  }
  if (transfer->told.done_bytes() > transfer->parcel.size()) {
    transfer->told.clear_done_bytes();
    fail(*transfer, Error(Error::Kind::Conflict, "what came before does not fit: it is given up"));
    return reply(Error(Error::Kind::Conflict, "what was sent before does not fit this file: add it again"));
  }
  if (transfer->told.done_bytes() == transfer->parcel.size()) finish(*transfer);
  tell();
  reply(standing(*transfer));
}

void Store::write(Transfer& transfer, const v1::PutModelRequest& request, Reply<v1::PutModelReply> reply) {
  const auto done = transfer.told.done_bytes();
  if (transfer.writing || transfer.opening) {
    return reply(Error(Error::Kind::Unavailable, "the same model is being sent by somebody else: wait for that"));
  }
  if (request.offset() != done || request.data().empty()) return reply(standing(transfer));
  if (request.data().size() > transfer.parcel.size() - done) {
    return reply(Error(Error::Kind::Invalid, "data: more than the size that was announced"));
  }
  transfer.writing = true;
  work<Outcome>(
      m_disk, [this, id = transfer.told.id(), done, data = request.data()] { return m_shelf.append(id, done, data); },
      [this, id = transfer.told.id(), count = request.data().size(), reply = std::move(reply)](const Outcome& outcome) {
        written(id, count, outcome, reply);
      });
}

void Store::written(const std::string& id, std::uint64_t count, const Outcome& outcome,
                    const Reply<v1::PutModelReply>& reply) {
  auto* transfer = at(id);
  if (transfer == nullptr) return reply(Error(Error::Kind::Conflict, "the upload was given up"));
  transfer->writing = false;
  if (!outcome) {
    fail(*transfer, outcome.error());
    return reply(outcome.error());
  }
  moved(*transfer, transfer->told.done_bytes() + count);
  if (transfer->told.done_bytes() == transfer->parcel.size()) finish(*transfer);
  reply(standing(*transfer));
}

void Store::connectionClosed(std::uint64_t connection) {
  for (const auto& [id, transfer] : m_transfers) {
    if (transfer->connection != connection || transfer->connection == 0) continue;
    transfer->connection = 0;
    if (transfer->told.state() != v1::ModelTransfer::STATE_RUNNING) continue;
    transfer->told.set_state(v1::ModelTransfer::STATE_WAITING);
    transfer->told.clear_bytes_per_second();
    transfer->told.set_text("waits for whoever sends it: add the same file again");
    tell();
  }
}

}  // namespace lull::models
