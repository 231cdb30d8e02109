// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>

namespace lull::dashboard {

enum class Appearance { System, Light, Dark };

struct Options {
  QString socket;      // empty: the usual places
  QString screenshot;  // file; empty: none
  bool afterConnected = false;
  std::optional<QSize> size;
  std::optional<double> quitAfter;  // seconds
  bool firstFrameReport = false;
  QString renderer;  // empty: software
  Appearance appearance = Appearance::System;
  double scale = 1;
  bool help = false;
  bool version = false;
};

// The arguments without the program's name. Runs before there is an application, as some of them shape it.
[[nodiscard]] Result<Options> parseOptions(const QStringList& arguments);
[[nodiscard]] QString helpText();

}  // namespace lull::dashboard
