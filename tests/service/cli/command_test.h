// SPDX-License-Identifier: Apache-2.0
// A test class whose functions each have a service of their own and ask it with the real `lull`.
#pragma once

#include "service/cli/fake_service.h"
#include "service/cli/lull_process.h"

#include <QObject>

#include <memory>

namespace lull::test {

class CommandTest : public QObject {
  Q_OBJECT

protected:
  [[nodiscard]] Ran lull(const QStringList& arguments) const { return run(m_service->socket(), arguments); }

  std::unique_ptr<FakeService> m_service;

protected slots:  // Qt Test finds these two by name; a class with more to set up calls this init() from its own
  void init() { m_service = std::make_unique<FakeService>(); }
  void cleanup() { m_service.reset(); }
};

}  // namespace lull::test
