// SPDX-License-Identifier: Apache-2.0
// One model that is coming, or being read again. Of the store alone.
#pragma once

#include "models/store.h"

#include <asio/post.hpp>

#include <algorithm>

namespace lull::models {

struct Store::Transfer {
  Parcel parcel;
  v1::ModelTransfer told;
  std::unique_ptr<process::TellingChild> download;
  std::uint64_t connection = 0;  // an upload's: who sends it; 0: nobody now
  bool writing = false;          // a chunk is on its way to the disk
  bool opening = false;          // its part is being opened
  UnixMs touchedAt = 0;          // when anything last happened to it
  Instant measuredAt{};          // of the rate
  std::uint64_t measuredBytes = 0;

  [[nodiscard]] bool comes() const { return told.kind() != v1::ModelTransfer::KIND_VERIFY; }
  [[nodiscard]] bool isOver() const {
    return told.state() == v1::ModelTransfer::STATE_DONE || told.state() == v1::ModelTransfer::STATE_FAILED;
  }
  [[nodiscard]] bool runs() const {
    return told.kind() == v1::ModelTransfer::KIND_DOWNLOAD && told.state() == v1::ModelTransfer::STATE_RUNNING;
  }
  [[nodiscard]] bool waits() const {
    return told.kind() == v1::ModelTransfer::KIND_DOWNLOAD &&
           (told.state() == v1::ModelTransfer::STATE_WAITING || told.state() == v1::ModelTransfer::STATE_PAUSED);
  }
  // What it takes of the room: what it will have, or has.
  [[nodiscard]] std::uint64_t takes() const {
    if (!comes() || told.state() == v1::ModelTransfer::STATE_DONE) return 0;
    return told.state() == v1::ModelTransfer::STATE_FAILED ? told.done_bytes()
                                                           : std::max(told.total_bytes(), told.done_bytes());
  }
};

// How long work on the disk is told of at most.
inline constexpr auto kTellEvery = std::chrono::milliseconds(250);

template <typename T>
void Store::work(asio::thread_pool& pool, std::function<T()> job, std::function<void(T)> done) {
  asio::post(pool, [this, weak = std::weak_ptr(m_self), job = std::move(job), done = std::move(done)]() mutable {
    asio::post(m_loop, [weak, done = std::move(done), result = job()]() mutable {
      if (!weak.expired()) done(std::move(result));
    });
  });
}

}  // namespace lull::models
