// SPDX-License-Identifier: Apache-2.0
#include "models/study.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace lull::models {

namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(Study)
};

// The means of as many stretches as there are bars.
QList<double> drawn(const std::vector<double>& values) {
  const auto bars = std::min<std::size_t>(values.size(), kLossBars);
  QList<double> out;
  for (std::size_t bar = 0; bar < bars; ++bar) {
    const auto begin = bar * values.size() / bars;
    const auto end = (bar + 1) * values.size() / bars;
    double sum = 0;
    for (auto i = begin; i < end; ++i) sum += values[i];
    out.append(sum / static_cast<double>(end - begin));
  }
  const double highest = out.isEmpty() ? 0 : *std::ranges::max_element(out);
  for (auto& value : out) value = highest > 0 ? std::max(value, 0.0) / highest : 0;
  return out;
}

QString number(double loss) { return QLocale().toString(loss, 'f', 2); }

}  // namespace

std::string modelOf(const v1::Task& task) {
  switch (task.spec().runtime_case()) {
    case v1::TaskSpec::kLlamaBatch:
      return task.spec().llama_batch().model();
    case v1::TaskSpec::kLlamaTraining:
      return task.spec().llama_training().model();
    case v1::TaskSpec::kLlamaChat:
      return task.spec().llama_chat().model();
    default:
      return {};
  }
}

Study study(const v1::Task& task, const QString& model) {
  std::vector<double> losses;
  for (const auto& point : task.losses()) {
    // Before anything was learned there is only the loss on what was held out.
    if (point.step() > 0 && std::isfinite(point.training())) losses.push_back(point.training());
  }
  Study out{.model = model, .losses = drawn(losses), .loss = {}};
  if (losses.size() == 1) out.loss = Words::tr("loss %1").arg(number(losses.front()));
  if (losses.size() > 1) {
    out.loss = Words::tr("loss %1, at first %2").arg(number(losses.back()), number(losses.front()));
  }
  return out;
}

}  // namespace lull::models
