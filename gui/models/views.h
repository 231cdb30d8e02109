// SPDX-License-Identifier: Apache-2.0
// The status as the pages show it: each view is a value made from the status by one pure function. Everything is
// ready to be shown; QML only places it.
#pragma once

#include "base/time.h"
#include "lull/v1/envelope.pb.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QObject>
#include <QString>

#include <optional>

namespace lull::models {

// The headline card.
struct Headline {
  Q_GADGET
  QML_VALUE_TYPE(headline)
  Q_PROPERTY(QString state MEMBER state)
  Q_PROPERTY(QString because MEMBER because)
  Q_PROPERTY(QString sentence MEMBER sentence)
  Q_PROPERTY(QString troubles MEMBER troubles)
public:
  QString state;
  QString because;   // begins with a capital
  QString sentence;  // both in one
  QString troubles;  // what the owner should know, one per line
  bool operator==(const Headline&) const = default;
};

// The temperature gauge. Positions are 0..1 along its scale.
struct Heat {
  Q_GADGET
  QML_VALUE_TYPE(heat)
  Q_PROPERTY(bool known MEMBER known)
  Q_PROPERTY(QString name MEMBER name)
  Q_PROPERTY(QString value MEMBER value)
  Q_PROPERTY(QString limits MEMBER limits)
  Q_PROPERTY(double position MEMBER position)
  Q_PROPERTY(double stopPosition MEMBER stopPosition)
  Q_PROPERTY(double resumePosition MEMBER resumePosition)
  Q_PROPERTY(int level MEMBER level)
public:
  bool known = false;
  QString name;
  QString value;
  QString limits;
  double position = 0;
  double stopPosition = -1;  // negative: not known
  double resumePosition = -1;
  int level = 0;  // 0 cool, 1 between resume and stop, 2 too hot
  bool operator==(const Heat&) const = default;
};

// The GPU gauge.
struct Share {
  Q_GADGET
  QML_VALUE_TYPE(share)
  Q_PROPERTY(bool known MEMBER known)
  Q_PROPERTY(QString value MEMBER value)
  Q_PROPERTY(QString gpu MEMBER gpu)
  Q_PROPERTY(bool processor MEMBER processor)
  Q_PROPERTY(QString memory MEMBER memory)
  Q_PROPERTY(QString most MEMBER most)
  Q_PROPERTY(double position MEMBER position)
  Q_PROPERTY(double mostPosition MEMBER mostPosition)
public:
  bool known = false;  // a usable GPU is there
  QString value;
  QString gpu;
  bool processor = false;  // it is the processor, and no GPU
  QString memory;          // of it our worker's; empty: none
  QString most;            // "58 %": the share that may be lent now; empty: all
  double position = 0;
  double mostPosition = -1;  // negative: all
  bool operator==(const Share&) const = default;
};

// The task that runs, or why there is none.
struct Work {
  Q_GADGET
  QML_VALUE_TYPE(work)
  Q_PROPERTY(QString id MEMBER id)
  Q_PROPERTY(QString name MEMBER name)
  Q_PROPERTY(QString state MEMBER state)
  Q_PROPERTY(QString done MEMBER done)
  Q_PROPERTY(QString left MEMBER left)
  Q_PROPERTY(QString queue MEMBER queue)
  Q_PROPERTY(QString requests MEMBER requests)
  Q_PROPERTY(QString tokens MEMBER tokens)
  Q_PROPERTY(double progress MEMBER progress)
public:
  QString id;  // empty: no task runs
  QString name;
  QString state;
  QString done;   // "42 %"
  QString left;   // "about 12 minutes left"; may be empty
  QString queue;  // "3 more tasks wait"
  // Of a language model; empty: none, or nothing yet.
  QString requests;  // "12 of 50 requests, 1 failed"
  QString tokens;    // "4,120 tokens read, 800 written, 41 a second"
  double progress = 0;
  bool operator==(const Work&) const = default;
};

struct Contributed {
  Q_GADGET
  QML_VALUE_TYPE(contributed)
  Q_PROPERTY(QString gpuTime MEMBER gpuTime)
  Q_PROPERTY(QString tasks MEMBER tasks)
  Q_PROPERTY(QString credits MEMBER credits)
  Q_PROPERTY(QString energy MEMBER energy)
  Q_PROPERTY(QString energyLabel MEMBER energyLabel)
  Q_PROPERTY(QString inAll MEMBER inAll)
public:
  QString gpuTime;
  QString tasks;
  QString credits;
  QString energy;
  QString energyLabel;  // says so when it is an estimate
  QString inAll;        // the sums since ever, in one line
  bool operator==(const Contributed&) const = default;
};

struct GivenBack {
  Q_GADGET
  QML_VALUE_TYPE(givenBack)
  Q_PROPERTY(bool known MEMBER known)
  Q_PROPERTY(QString last MEMBER last)
  Q_PROPERTY(QString sentence MEMBER sentence)
  Q_PROPERTY(QString when MEMBER when)
  Q_PROPERTY(QString half MEMBER half)
  Q_PROPERTY(QString nearlyAll MEMBER nearlyAll)
  Q_PROPERTY(QString times MEMBER times)
  Q_PROPERTY(QString stops MEMBER stops)
public:
  bool known = false;
  QString last;       // "3.1 ms"
  QString sentence;   // "Gave the GPU back in 3.1 ms"
  QString when;       // "today 14:02"
  QString half;       // p50
  QString nearlyAll;  // p99
  QString times;      // "41 times"
  QString stops;      // how fast the governors stop the GPU's work; empty: never yet
  bool operator==(const GivenBack&) const = default;
};

// The settings that the gauge shows.
struct Thresholds {
  std::optional<double> stop;
  std::optional<double> resume;
};
[[nodiscard]] Thresholds thresholds(const v1::GetSettingsReply& thermal);

[[nodiscard]] Headline headline(const v1::Status& status, UnixMs now);
[[nodiscard]] Heat heat(const v1::Status& status, const Thresholds& thresholds);
[[nodiscard]] Share share(const v1::Status& status);
[[nodiscard]] Work work(const v1::Status& status);
[[nodiscard]] Contributed contributed(const v1::Status& status);
[[nodiscard]] GivenBack givenBack(const v1::Status& status, UnixMs now);
// The next local midnight after `now`: "today" becomes "yesterday".
[[nodiscard]] UnixMs nextMidnight(UnixMs now);

}  // namespace lull::models
