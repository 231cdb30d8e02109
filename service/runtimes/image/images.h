// SPDX-License-Identifier: Apache-2.0
// What Images knows of one image, and of what is being done. Of Images alone.
#pragma once

#include "runtimes/image/image.h"
#include "runtimes/image/making.h"
#include "runtimes/image/manifest.h"

#include <asio/post.hpp>

namespace lull::image {

inline constexpr const char* kLlama = "llama";
inline constexpr const char* kInstall = "install";  // what an install is called where it is to be broken off
inline constexpr const char* kPart = "part";
inline constexpr const char* kCache = "cache";

struct Images::Image {
  Manifest manifest;
  std::weak_ptr<const void> held = {};

  [[nodiscard]] const v1::Runtime& about() const { return manifest.about; }
  [[nodiscard]] bool whole() const { return about().trouble().empty(); }
  [[nodiscard]] bool inUse() const { return !held.expired(); }
};

struct Images::Work {
  v1::RuntimeWork told;
  std::unique_ptr<process::TellingChild> making;
  std::string checks;  // the version that is being verified; empty: an install

  [[nodiscard]] bool runs() const { return told.state() == v1::RuntimeWork::STATE_RUNNING; }
};

template <typename T>
void Images::onDisk(std::function<T()> job, std::function<void(T)> done) {
  asio::post(m_disk, [this, weak = std::weak_ptr(m_self), job = std::move(job), done = std::move(done)]() mutable {
    asio::post(m_loop, [weak, done = std::move(done), result = job()]() mutable {
      if (!weak.expired()) done(std::move(result));
    });
  });
}

}  // namespace lull::image
