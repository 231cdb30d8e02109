// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/processor.h"

#include "base/file.h"
#include "model/processor.h"
#include "senses/linux/memory.h"
#include "senses/plain_text.h"

#include <sstream>

namespace lull::senses {

namespace {

constexpr std::size_t kMost = 8 << 20;  // a block of text for each of hundreds of cores

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The first line "<name> : <value>"; names differ by architecture.
std::string valueOf(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon != std::string::npos && trimmed(line.substr(0, colon)) == name) return trimmed(line.substr(colon + 1));
  }
  return {};
}

std::string vendorOf(const std::string& text) {
  const auto told = valueOf(text, "vendor_id");
  if (told == "GenuineIntel") return "Intel";
  return told == "AuthenticAMD" ? "AMD" : std::string();
}

}  // namespace

v1::Gpu readProcessor(const std::filesystem::path& proc) {
  const auto text = readFile(proc / "cpuinfo", kMost);
  v1::Gpu device;
  device.set_id(model::kProcessorId);
  device.set_type(model::kProcessorType);
  device.set_usable(true);
  device.set_name("Processor");
  if (const auto memory = readMemory(proc)) device.set_memory_bytes(memory->total_bytes());
  if (!text) return device;
  for (const char* name : {"model name", "Model", "Hardware", "uarch"}) {
    const auto value = plainText(valueOf(*text, name));
    if (value.empty()) continue;
    device.set_name(value);
    break;
  }
  device.set_vendor(vendorOf(*text));
  return device;
}

}  // namespace lull::senses
