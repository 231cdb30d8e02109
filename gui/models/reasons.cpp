// SPDX-License-Identifier: Apache-2.0
#include "models/reasons.h"

#include "models/sentence.h"
#include "models/wording.h"

#include <utility>

namespace lull::models {

namespace {

QString noBreak(const std::string& number) {
  return QString::fromStdString(number).replace(QChar(' '), QChar(QChar::Nbsp));
}

std::optional<UnixMs> earlier(std::optional<UnixMs> a, std::optional<UnixMs> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

std::optional<UnixMs> ReasonList::show(const v1::Status& status, UnixMs now) {
  std::optional<UnixMs> changesAt;
  std::vector<Row> rows;
  for (const auto& held : allReasons(status)) {
    const auto said = reasonText(*held.reason, status, now);
    changesAt = earlier(changesAt, said.changesAt);
    rows.push_back(rowFor(*held.reason, held.gpu, said.text, now));
  }
  replace(std::move(rows));
  return changesAt;
}

ReasonList::Row ReasonList::rowFor(const v1::Reason& reason, const QString& gpu, const QString& text, UnixMs now) {
  Row row;
  row.title = gpu.isEmpty() ? capitalised(text) : tr("%1: %2", "GPU name: reason").arg(gpu, text);
  if (!reason.value().empty() && !reason.threshold().empty()) {
    row.measured = tr("Seen: %1. Held against: %2.").arg(noBreak(reason.value()), noBreak(reason.threshold()));
  } else if (!reason.value().empty()) {
    row.measured = tr("Seen: %1.").arg(noBreak(reason.value()));
  }
  row.setting = QString::fromStdString(reason.setting());
  row.remedy = QString::fromStdString(reason.remedy());
  if (reason.until_unix_ms() > now)
    row.until = tr("Looked at again: %1.").arg(pointInTime(reason.until_unix_ms(), now));
  return row;
}

void ReasonList::replace(std::vector<Row> rows) {
  if (rows.size() != m_rows.size()) {
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
    emit countChanged();
    return;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (m_rows[i] == rows[i]) continue;
    m_rows[i] = std::move(rows[i]);
    const auto changed = index(static_cast<int>(i));
    emit dataChanged(changed, changed);
  }
}

int ReasonList::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QVariant ReasonList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const auto& row = m_rows[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Title:
      return row.title;
    case Measured:
      return row.measured;
    case Setting:
      return row.setting;
    case Remedy:
      return row.remedy;
    case Until:
      return row.until;
    default:
      return {};
  }
}

QHash<int, QByteArray> ReasonList::roleNames() const {
  return {{Title, "title"}, {Measured, "measured"}, {Setting, "setting"}, {Remedy, "remedy"}, {Until, "until"}};
}

}  // namespace lull::models
