// SPDX-License-Identifier: Apache-2.0
// Fills a store, removes and evicts, until it is killed: models_crash_child ROOT SEED.
#include "service/models/shop.h"

#include <cstdio>
#include <cstdlib>
#include <random>

using namespace lull;
using namespace lull::test;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::mt19937 random(static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)));
  Shop shop(argv[1]);
  shop.allow(600'000);
  std::puts("open");
  std::fflush(stdout);
  for (;;) {
    const auto name = "m" + std::to_string(random() % 12);
    shop.clock.advance(std::chrono::seconds(1));
    const auto ended = shop.sendAll(smallModel(name, 50'000 + random() % 100'000), name);
    if (ended.state() != v1::ModelTransfer::STATE_DONE && !ended.text().empty()) {
      std::printf("failed %s\n", ended.text().c_str());
      return 1;
    }
    if (random() % 4 == 0) static_cast<void>(shop.remove(*shop.names().begin()).ok());
    if (random() % 8 == 0) shop.reopen(600'000);
  }
}
