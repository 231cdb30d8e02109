// SPDX-License-Identifier: Apache-2.0
// The store on the disk. Each call is whole or not at all, also when the machine loses its power in it.
//   <root>/<sha256>.gguf         a model, there only when its hash and header were right
//   <root>/<sha256>.json         what is known of it: v1.Model; written before the model appears
//   <root>/incoming/<id>.part    the bytes of one that is coming
//   <root>/incoming/<id>.json    what it is to become: Parcel
// Knows no thread; calls for different files may run at the same time.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "lull/v1/model.pb.h"
#include "parcel.pb.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::models {

struct Incoming {
  Parcel parcel;
  std::uint64_t have = 0;  // bytes
};

// Long work: may be stopped from any thread, tells how far it is on its own.
struct Watch {
  const std::atomic<bool>& stop;
  std::function<void(std::uint64_t done)> progress = {};
};

class Shelf {
public:
  explicit Shelf(std::filesystem::path root) : m_root(std::move(root)) {}

  // Makes the folders, removes what a crash left, and reads what is there. A model without its description is described
  // again from its own header; one whose size is not what was noted has a trouble. Parts that nobody touched for a week
  // are removed.
  struct Contents {
    std::vector<v1::Model> models;
    std::vector<Incoming> incoming;
  };
  [[nodiscard]] Result<Contents> open(UnixMs now) const;

  // Notes a parcel, anew or again.
  [[nodiscard]] Outcome note(const Parcel& parcel) const;
  // The part for writing, made if need be. Bytes of an earlier boot that no hash vouches for are given up: what was not
  // on the disk when the power went reads as zeros.
  struct Part {
    Fd fd;
    std::uint64_t have = 0;
  };
  [[nodiscard]] Result<Part> openPart(Parcel& parcel) const;
  // Reserves disk space for a part; TooBig when there is none.
  [[nodiscard]] Outcome reserve(const Parcel& parcel) const;
  [[nodiscard]] Outcome append(const std::string& id, std::uint64_t offset, std::string_view bytes) const;
  // Gives back what was reserved and not used.
  void settle(const std::string& id) const;
  void drop(const std::string& id) const;
  // A whole part becomes a model: hash and header are looked at. Invalid when they are wrong, and then it is dropped.
  [[nodiscard]] Result<v1::Model> accept(const Parcel& parcel, UnixMs now, const Watch& watch) const;

  [[nodiscard]] Outcome describe(const v1::Model& model) const;
  [[nodiscard]] Outcome remove(const std::string& sha256) const;
  // The hash that the bytes of a model have now.
  [[nodiscard]] Result<std::string> hashOf(const std::string& sha256, const Watch& watch) const;

  [[nodiscard]] std::filesystem::path fileOf(const std::string& sha256) const { return m_root / (sha256 + ".gguf"); }
  [[nodiscard]] std::filesystem::path partOf(const std::string& id) const {
    return m_root / "incoming" / (id + ".part");
  }

private:
  [[nodiscard]] std::filesystem::path descriptionOf(const std::string& sha256) const {
    return m_root / (sha256 + ".json");
  }
  [[nodiscard]] std::filesystem::path noteOf(const std::string& id) const {
    return m_root / "incoming" / (id + ".json");
  }
  void readModels(Contents& out, UnixMs now) const;
  void readIncoming(Contents& out) const;
  [[nodiscard]] Result<v1::Model> readModel(const std::string& sha256, UnixMs now) const;
  [[nodiscard]] Outcome publish(const std::string& id, const v1::Model& model) const;

  std::filesystem::path m_root;
};

}  // namespace lull::models
