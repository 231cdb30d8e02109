// SPDX-License-Identifier: Apache-2.0
#include "ledger/schema.h"

#include "ledger/migrations/0001_first.h"
#include "ledger/migrations/0002_models.h"

#include <fmt/core.h>

#include <array>

namespace lull::ledger {

namespace {

constexpr std::array kSteps{Step{1, migrations::kFirst}, Step{2, migrations::kModels}};

std::int64_t versionOf(Connection& connection) {
  Statement ask(connection, "PRAGMA user_version");
  auto rows = ask.rows();
  return rows.next() ? rows.integer(0) : 0;
}

void take(Connection& connection, const Step& step) {
  connection.execute("BEGIN IMMEDIATE");
  connection.execute(step.sql);
  connection.execute(fmt::format("PRAGMA user_version={}", step.version));
  connection.execute("COMMIT");
}

}  // namespace

std::span<const Step> steps() { return kSteps; }

Outcome migrate(Connection& connection, std::span<const Step> steps) {
  const auto found = versionOf(connection);
  if (const auto error = connection.takeError()) return error->error().during("reading the ledger's version");
  const int newest = steps.back().version;
  if (found > newest) {
    return Error(Error::Kind::Version,
                 fmt::format("the ledger was written by a newer Lull (its version is {}, this program knows {}): "
                             "install that version again, or name another --state-dir",
                             found, newest));
  }
  for (const auto& step : steps) {
    if (step.version <= found) continue;
    take(connection, step);
    if (const auto error = connection.takeError()) {
      connection.execute("ROLLBACK");
      std::ignore = connection.takeError();
      return error->error().during(fmt::format("bringing the ledger to version {}", step.version));
    }
  }
  return {};
}

}  // namespace lull::ledger
