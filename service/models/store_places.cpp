// SPDX-License-Identifier: Apache-2.0
// How many models may be coming, and for how long one that does not come on is kept.
#include "models/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace lull::models {

namespace {

using Message = v1::ModelTransfer;
constexpr std::size_t kMostTransfers = 16;
constexpr UnixMs kKeptMs = 7LL * 24 * 3'600'000;

}  // namespace

// With what came of it.
void Store::forget(const std::string& id) {
  const auto* transfer = at(id);
  if (transfer == nullptr) return;
  const bool onDisk = transfer->comes() && transfer->told.state() != Message::STATE_DONE;
  m_transfers.erase(id);
  if (!onDisk) return;
  work<bool>(
      m_disk,
      [this, id] {
        m_shelf.drop(id);
        return true;
      },
      [](bool) {});
}

void Store::forgetOld() {
  const auto before = m_clock.now().unixMs - kKeptMs;
  std::vector<std::string> old;
  for (const auto& [id, transfer] : m_transfers) {
    const bool idle = transfer->isOver() || (transfer->told.state() == Message::STATE_WAITING && !transfer->waits());
    if (idle && transfer->touchedAt < before) old.push_back(id);
  }
  for (const auto& id : old) forget(id);
}

// What is done makes way first, then the failure that is oldest.
void Store::makePlace() {
  forgetOld();
  while (m_transfers.size() >= kMostTransfers) {
    const auto rank = [](const auto& row) {
      const auto state = row.second->told.state();
      return std::pair(state == Message::STATE_DONE     ? 0
                       : state == Message::STATE_FAILED ? 1
                                                        : 2,
                       row.second->touchedAt);
    };
    const auto first = std::ranges::min_element(m_transfers, {}, rank);
    if (!first->second->isOver()) return;
    forget(std::string(first->first));
  }
}

Result<Store::Transfer*> Store::begin(Parcel parcel) {
  if (at(parcel.id()) == nullptr) makePlace();
  if (at(parcel.id()) == nullptr && m_transfers.size() >= kMostTransfers) {
    return Error(Error::Kind::Unavailable,
                 fmt::format("{} models are coming already: wait, or give some up (lull model list, lull model remove)",
                             m_transfers.size()));
  }
  auto transfer = std::make_unique<Transfer>();
  auto& told = transfer->told;
  told.set_id(parcel.id());
  told.set_kind(parcel.upload() ? Message::KIND_UPLOAD : Message::KIND_DOWNLOAD);
  told.set_state(Message::STATE_WAITING);
  told.set_name(parcel.name());
  told.set_origin(parcel.origin());
  told.set_total_bytes(parcel.size());
  transfer->parcel = std::move(parcel);
  transfer->touchedAt = m_clock.now().unixMs;
  auto* out = transfer.get();
  m_transfers[out->told.id()] = std::move(transfer);
  return out;
}

}  // namespace lull::models
