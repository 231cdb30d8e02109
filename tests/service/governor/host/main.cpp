// SPDX-License-Identifier: Apache-2.0
#include "service/governor/host/host.h"
#include "service/governor/words.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>

namespace host {

namespace {

constexpr std::size_t kCounts = 16384;  // a whole page of GPU memory for most drivers, so that its size is known

}  // namespace

Host::Host(std::span<const std::uint32_t> words, std::uint32_t queues)
    : gpu(instance, Gpu::Ask::Everything, queues),
      kernel(gpu, words, 1, sizeof(std::uint32_t)),
      counts(gpu, kCounts),
      set(gpu, kernel.setLayout(), {counts}),
      pool(makePool(gpu)) {}

namespace {

std::string obey(std::unique_ptr<Host>& h, const std::string& line, const char* kernel) {
  std::istringstream words(line);
  std::string name;
  std::uint64_t a = 1;
  std::uint32_t b = 1;
  words >> name >> a >> b;
  if (name == "exit") std::exit(0);  // with static destructors, without vkDestroyDevice
  if (name == "start") {             // with so many queues
    h = std::make_unique<Host>(wordsIn(kernel), static_cast<std::uint32_t>(a));
    return "ok";
  }
  if (h == nullptr) return "not started";
  if (name == "destroy") {
    h->gpu.waitIdle();
    h.reset();
    return "ok";
  }
  for (const auto verbs : {workVerbs(), orderingVerbs()}) {
    const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) { return verb.name == name; });
    if (found != verbs.end()) return found->obey(*h, a, b);
  }
  return "no such verb";
}

}  // namespace

}  // namespace host

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::unique_ptr<host::Host> h;
  try {
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << host::obey(h, line, arguments[1]) << std::endl;
    }
  } catch (const semantics::Failure& failure) {
    std::cout << "error " << failure.what << std::endl;
    std::_Exit(3);
  }
  static_cast<void>(h.release());  // left behind, as many programs do: what it has submitted may never end
  return 0;
}
