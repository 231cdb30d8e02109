// SPDX-License-Identifier: Apache-2.0
// How hot is it? Thermometers of hwmon chips and thermal zones, found once and then read often.
//
// Left out: readings that cannot be (a broken sensor), zones that only repeat a chip, and whatever a reading would
// disturb: drives (kept awake by it), sleeping graphics cards, and laptop firmware that stalls the machine meanwhile.
#pragma once

#include "lull/v1/status.pb.h"

#include <filesystem>
#include <vector>

namespace lull::senses {

class Thermometers {
public:
  explicit Thermometers(std::filesystem::path sys) : m_sys(std::move(sys)) { find(); }

  // Looks for chips and zones again: drivers come and go.
  void find();
  // `is_gpu` is set for the one temperature by which a GPU is known (AMD: the edge, not the hotter junction).
  [[nodiscard]] std::vector<v1::Temperature> read() const;

private:
  struct Thermometer {
    v1::Temperature told;  // all but the degrees
    std::filesystem::path input;
    std::filesystem::path sleepFlag;  // runtime_status of the device; empty: it never sleeps
  };
  void addChip(const std::string& hwmon);
  void addZone(const std::string& zone);
  void nameApart();

  std::filesystem::path m_sys;
  std::vector<Thermometer> m_all;
  std::vector<std::string> m_chips;  // names of the hwmon chips
};

}  // namespace lull::senses
