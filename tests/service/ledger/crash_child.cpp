// SPDX-License-Identifier: Apache-2.0
// Records batches of known content for ever and writes the number of each one, once it is kept, to standard output.
// Is killed at any instant by test_crash. Arguments: the ledger file, the number of the first batch.
#include <unistd.h>

#include <cstdlib>

#include "service/ledger/batches.h"
#include "service/ledger/desk.h"

int main(int argc, char** argv) {
  using namespace lull;
  using namespace lull::ledger;
  if (argc != 3) return 2;
  desk::Loop loop;
  auto ledger = Ledger::open(argv[1], loop.post());
  if (!ledger) return 3;
  int next = std::atoi(argv[2]);
  int waiting = 0;
  const auto record = [&] {
    const int number = next++;
    ++waiting;
    (*ledger)->record(desk::batch(number), [&waiting, number](const Outcome& outcome) {
      --waiting;
      const std::int32_t line = outcome.ok() ? number : -1;
      if (::write(STDOUT_FILENO, &line, sizeof line) != sizeof line) _exit(4);
    });
  };
  for (;;) {
    // Sometimes one batch at a time, sometimes many at once, so that commits hold several.
    const int ahead = next % 40 < 20 ? 1 : 8;
    while (waiting < ahead) record();
    if (!loop.until([&] { return waiting < ahead; })) return 5;
  }
}
